import { openSession } from '../agent/index.ts';
import type { ThreadStore, ValidatorResult } from '../thread/index.ts';
import { runValidators, validatorsFor } from '../validate/index.ts';
import { changeOf } from './change.ts';

/**
 * Runs what the repository checks with on what is changed in a workspace, in a sandbox that is configured as a session's.
 *
 * @returns nothing where nothing is changed or the repository has no validators
 * @throws as `openSession` @throws GitError @throws SandboxFailedError
 */
export async function validateChange(
  root: string,
  base: string,
  signal: AbortSignal,
): Promise<ValidatorResult[]> {
  const { files } = await changeOf(root, base);
  const paths = files.filter(({ status }) => status !== 'deleted').map(({ path }) => path);
  if (files.length === 0) return [];
  const open = await openSession({ folder: root, thread: 'validators' });
  try {
    return await runValidators(open.sandbox, validatorsFor(root, open.project, paths), signal);
  } finally {
    await open.dispose();
  }
}

/** Validates what a thread has changed, and writes down what came of it. @throws as `validateChange` */
export async function validateThread(
  store: ThreadStore,
  id: string,
  signal: AbortSignal,
): Promise<ValidatorResult[]> {
  const [started] = await store.read(id, 1, 1);
  if (started?.type !== 'thread.started' || started.workspace === undefined) return [];
  const results = await validateChange(started.workspace, started.base ?? 'HEAD', signal);
  if (results.length > 0) await store.append(id, [{ type: 'validators.ran', results }]);
  return results;
}

/** What the validators said last, and whether the thread has gone on since. */
export async function lastValidation(
  store: ThreadStore,
  id: string,
): Promise<{ results: ValidatorResult[]; isOld: boolean } | undefined> {
  const events = await store.read(id);
  const at = events.findLastIndex(({ type }) => type === 'validators.ran');
  const ran = events[at];
  if (ran?.type !== 'validators.ran') return undefined;
  return { results: ran.results, isOld: events.slice(at).some(({ type }) => type === 'tool.started') };
}
