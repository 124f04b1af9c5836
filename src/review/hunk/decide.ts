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

/** What is at work on a workspace: decisions about its files are made one after the other. */
const working = new Map<string, Promise<unknown>>();

function inTurn<T>(root: string, work: () => Promise<T>): Promise<T> {
  const mine = (working.get(root) ?? Promise.resolve()).then(work);
  const done = mine.catch(() => {});
  working.set(root, done);
  void done.then(() => {
    if (working.get(root) === done) working.delete(root);
  });
  return mine;
}

/** Writes down that a hunk need not be looked at again. @throws HunkConflictError where the change no longer has it */
export function acceptHunk({ store, thread, root, base, file, hunk }: HunkOf): Promise<void> {
  return inTurn(root, async () => {
    await patchOfHunk(root, base, file, hunk);
    await store.append(thread, [{ type: 'hunk.decided', path: file.path, hunk, decision: 'accepted' }]);
  });
}

/**
 * Takes a hunk out of the workspace. What it was is written down first, so that it can be put back whatever happens.
 *
 * @throws HunkConflictError
 */
export function rejectHunk({ store, thread, root, base, file, hunk }: HunkOf): Promise<void> {
  return inTurn(root, async () => {
    const patch = await patchOfHunk(root, base, file, hunk);
    const about = { type: 'hunk.decided', path: file.path, hunk } as const;
    await store.append(thread, [{ ...about, decision: 'rejected', patch: patch.toString('base64') }]);
    try {
      await applyPatch(root, patch, { reverse: true });
    } catch (error) {
      await store.append(thread, [{ ...about, decision: 'reopened' }]);
      throw error;
    }
  });
}

/** Opens a hunk again: one that was taken out is put back. @throws HunkConflictError */
export function reopenHunk(store: ThreadStore, thread: string, root: string, hunk: string): Promise<void> {
  return inTurn(root, async () => {
    const { accepted, rejected } = decisionsOf(await store.read(thread));
    const taken = rejected.find((one) => one.hunk === hunk);
    if (!taken && !accepted.has(hunk)) throw new HunkConflictError('Nothing was decided about that part.');
    const about = { type: 'hunk.decided', path: taken?.path ?? '', hunk } as const;
    await store.append(thread, [{ ...about, decision: 'reopened' }]);
    if (!taken) return;
    try {
      await applyPatch(root, Buffer.from(taken.patch, 'base64'), { reverse: false });
    } catch (error) {
      await store.append(thread, [{ ...about, decision: 'rejected', patch: taken.patch }]);
      throw error;
    }
  });
}
