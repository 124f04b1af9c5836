import { type OpenSession, openSession } from '../agent/index.ts';
import type { ThreadStore, ValidatorResult } from '../thread/index.ts';
import { runValidators, validatorsFor } from '../validate/index.ts';
import { changeOf } from './change.ts';

/**
 * Runs what the repository checks with on what is changed in a workspace, in a sandbox that is configured as a session's.
 *
 * @param session in whose sandbox they run; default one that is opened for them
 * @returns nothing where nothing is changed or the repository has no validators
 * @throws as `openSession` @throws GitError @throws SandboxFailedError
 */
export async function validateChange(
  root: string,
  base: string,
  signal: AbortSignal,
  session?: OpenSession,
): Promise<ValidatorResult[]> {
  const { files } = await changeOf(root, base);
  const paths = files.filter(({ status }) => status !== 'deleted').map(({ path }) => path);
  if (files.length === 0) return [];
  const open = session ?? (await openSession({ folder: root, thread: 'validators' }));
  try {
    return await runValidators(open.sandbox, validatorsFor(root, open.project, paths), signal);
  } finally {
    if (!session) await open.dispose();
  }
}

/** Validates what a thread has changed, and writes down what came of it. @throws as `validateChange` */
export async function validateThread(
  store: ThreadStore,
  id: string,
  signal: AbortSignal,
  session?: OpenSession,
): Promise<ValidatorResult[]> {
  const [started] = await store.read(id, 1, 1);
  if (started?.type !== 'thread.started' || started.workspace === undefined) return [];
  const { lastSeq: since } = await store.get(id);
  const results = await validateChange(started.workspace, started.base ?? 'HEAD', signal, session);
  // Of work that went on meanwhile, or was not waited for, it says nothing.
  if (results.length > 0 && !signal.aborted)
    await store.append(id, [{ type: 'validators.ran', since, results }]);
  return results;
}

/** What the validators said last, and whether the thread has gone on since. */
export async function lastValidation(
  store: ThreadStore,
  id: string,
): Promise<{ results: ValidatorResult[]; isOld: boolean } | undefined> {
  const events = await store.read(id);
  const ran = events.findLast((event) => event.type === 'validators.ran');
  if (!ran) return undefined;
  const isOld = events.some(({ type, seq }) => type === 'tool.started' && seq > ran.since);
  return { results: ran.results, isOld };
}
