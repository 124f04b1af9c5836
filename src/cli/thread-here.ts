import type { ThreadStore, ThreadSummary } from '../thread/index.ts';
import { UsageError } from './exit.ts';
import { repositoryHere } from './repository-here.ts';

/** How many threads are looked through for those of a folder. */
const MAX_LOOKED_AT = 2_000;

/** The sessions that have worked in a repository, the newest first; those of sub-agents are left out. */
export async function sessionsIn(store: ThreadStore, root: string): Promise<ThreadSummary[]> {
  const sessions = await store.list({ kind: 'session', limit: MAX_LOOKED_AT });
  return sessions.filter(({ repository, parent }) => repository === root && parent === undefined);
}

/**
 * The newest session in the workspace around a folder.
 *
 * @throws UsageError where there is none
 */
export async function latestThreadIn(store: ThreadStore, folder: string): Promise<ThreadSummary> {
  const root = await repositoryHere(folder);
  const [found] = await sessionsIn(store, root);
  if (!found) throw new UsageError(`No session has worked in ${root} yet.`);
  return found;
}
