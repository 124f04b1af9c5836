import type { HunkDecided, ThreadEvent, ThreadStore } from '../../thread/index.ts';
import type { FileDiff } from '../diff.ts';
import { applyPatch, HunkConflictError, patchOfHunk } from './patch.ts';

/** What a person has decided about the hunks of a thread's change, as it stands. */
export interface HunkDecisions {
  /** Ids of hunks that need not be looked at again. */
  accepted: ReadonlySet<string>;
  /** What was taken out of the workspace and could be put back, the latest last. */
  rejected: readonly { hunk: string; path: string; patch: string }[];
}

export function decisionsOf(events: readonly ThreadEvent[]): HunkDecisions {
  const decided = new Map<string, HunkDecided>();
  for (const event of events) {
    if (event.type !== 'hunk.decided') continue;
    // The latest of them comes last.
    decided.delete(event.hunk);
    decided.set(event.hunk, event);
  }
  const all = [...decided.values()];
  return {
    accepted: new Set(all.filter(({ decision }) => decision === 'accepted').map(({ hunk }) => hunk)),
    rejected: all.flatMap(({ decision, hunk, path, patch }) =>
      decision === 'rejected' && patch !== undefined ? [{ hunk, path, patch }] : [],
    ),
  };
}

/** A hunk of a thread's change. */
export interface HunkOf {
  store: ThreadStore;
  thread: string;
  /** The workspace, and what it is compared with. */
  root: string;
  base: string;
  file: Pick<FileDiff, 'path' | 'from'>;
  hunk: string;
}

/** Writes down that a hunk need not be looked at again. @throws HunkConflictError where the change no longer has it */
export async function acceptHunk({ store, thread, root, base, file, hunk }: HunkOf): Promise<void> {
  await patchOfHunk(root, base, file, hunk);
  await store.append(thread, [{ type: 'hunk.decided', path: file.path, hunk, decision: 'accepted' }]);
}

/**
 * Takes a hunk out of the workspace. What it was is written down first, so that it can be put back whatever happens.
 *
 * @throws HunkConflictError
 */
export async function rejectHunk({ store, thread, root, base, file, hunk }: HunkOf): Promise<void> {
  const patch = await patchOfHunk(root, base, file, hunk);
  const about = { path: file.path, hunk };
  await store.append(thread, [
    { type: 'hunk.decided', ...about, decision: 'rejected', patch: patch.toString('base64') },
  ]);
  try {
    await applyPatch(root, patch, { reverse: true });
  } catch (error) {
    await store.append(thread, [{ type: 'hunk.decided', ...about, decision: 'reopened' }]);
    throw error;
  }
}

/** Opens a hunk again: one that was taken out is put back. @throws HunkConflictError */
export async function reopenHunk(
  store: ThreadStore,
  thread: string,
  root: string,
  hunk: string,
): Promise<void> {
  const { accepted, rejected } = decisionsOf(await store.read(thread));
  const taken = rejected.find((one) => one.hunk === hunk);
  if (!taken && !accepted.has(hunk)) throw new HunkConflictError('Nothing was decided about that part.');
  if (taken) await applyPatch(root, Buffer.from(taken.patch, 'base64'), { reverse: false });
  await store.append(thread, [{ type: 'hunk.decided', path: taken?.path ?? '', hunk, decision: 'reopened' }]);
}
