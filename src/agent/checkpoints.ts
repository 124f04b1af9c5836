import { join } from 'node:path';
import { kinoHome } from '../config/index.ts';
import { Snapshots } from '../git/index.ts';
import type { FilesRestored, ThreadEvent } from '../thread/index.ts';
import type { Job } from './agent.ts';

/** Of the files that a step changed, so many are named. */
const MAX_CHANGED = 40;

/** Keeps the files of the workspace as they were before and after each step that may change some. */
export class Checkpoints {
  readonly #open: () => Promise<Snapshots>;
  #opened: Promise<Snapshots | string> | undefined;
  #step = 0;
  #before: Promise<string | undefined> | undefined;
  readonly #named = new Set<string>();

  /** @param open called when something is first to be changed; where it fails the work goes on, and the thread says so */
  constructor(open: () => Promise<Snapshots>) {
    this.#open = open;
  }

  #snapshots(): Promise<Snapshots | string> {
    this.#opened ??= this.#open().catch((error: Error) => error.message);
    return this.#opened;
  }

  /** Files that the calls of a step are to change: its first snapshot holds them, also those that git ignores. */
  name(paths: readonly string[]): void {
    for (const path of paths) this.#named.add(path);
  }

  /** Called before each call that may write; the first of a step takes the snapshot. */
  async before(step: number, emit: Job['emit']): Promise<void> {
    const snapshots = await this.#snapshots();
    if (typeof snapshots === 'string') {
      if (this.#step === 0) await emit({ type: 'warning', message: `There will be no undo: ${snapshots}` });
      this.#step = step;
      return;
    }
    for (const path of this.#named) snapshots.name(path);
    this.#named.clear();
    if (this.#step !== step || !this.#before) {
      this.#step = step;
      this.#before = this.#take(step, 'before', emit);
    }
    await this.#before;
  }

  /** Called when the calls of a step have ended. */
  async after(step: number, emit: Job['emit']): Promise<void> {
    if (this.#step !== step || !this.#before) return;
    const before = await this.#before;
    this.#before = undefined;
    if (before !== undefined) await this.#take(step, 'after', emit, before);
  }

  /** @returns the tree; undefined where none could be taken */
  async #take(
    step: number,
    moment: 'before' | 'after',
    emit: Job['emit'],
    before?: string,
  ): Promise<string | undefined> {
    const snapshots = await this.#snapshots();
    if (typeof snapshots === 'string') return undefined;
    try {
      const tree = await snapshots.take();
      const changes =
        before === undefined || before === tree ? [] : await snapshots.changes(before, tree).catch(() => []);
      const changed = changes.slice(0, MAX_CHANGED).map(({ path }) => path);
      await emit({ type: 'checkpoint.made', step, moment, tree, ...(changed.length > 0 && { changed }) });
      return tree;
    } catch (error) {
      const why = (error as Error).message.split('\n', 1)[0];
      await emit({
        type: 'warning',
        message: `Step ${step} cannot be undone: no snapshot could be taken (${why}).`,
      });
      return undefined;
    }
  }
}

/** The snapshots of a workspace; each thread has an index of its own among them. @throws as `Snapshots.open` */
export function openSnapshots(workspace: string, thread: string): Promise<Snapshots> {
  return Snapshots.open(workspace, join(kinoHome(), 'checkpoints'), thread);
}

/** Steps that changed files and have not been taken back, the latest last, with the trees around each. */
export function changingSteps(
  events: readonly ThreadEvent[],
): { step: number; before: string; after: string | undefined }[] {
  const steps = new Map<number, { step: number; before: string; after: string | undefined }>();
  for (const event of events) {
    if (event.type === 'files.restored') for (const step of event.steps) steps.delete(step);
    if (event.type !== 'checkpoint.made') continue;
    const { step, moment, tree } = event;
    if (moment === 'before') steps.set(step, { step, before: tree, after: undefined });
    else {
      const begun = steps.get(step);
      if (begun) begun.after = tree;
    }
  }
  return [...steps.values()].filter(({ before, after }) => before !== after);
}

/**
 * Takes back what steps changed, the latest first. A file that somebody changed since stays as it is and is named.
 * The state before is kept as a snapshot, so that this can be taken back as well.
 *
 * @param steps as `changingSteps` gives them
 * @returns what to write into the thread
 */
export async function takeBack(
  snapshots: Snapshots,
  steps: readonly { step: number; before: string; after: string | undefined }[],
): Promise<FilesRestored> {
  for (const { before: then, after } of steps) {
    if (after === undefined) continue;
    // Ignored files among them are no part of a snapshot by themselves.
    for (const { path } of await snapshots.changes(then, after)) snapshots.name(path);
  }
  const before = await snapshots.take();
  const restored = new Set<string>();
  const kept = new Map<string, string>();
  let current = before;
  for (const { before: then, after } of [...steps].sort((a, b) => b.step - a.step)) {
    // A step that was killed has no tree after it: what is there now is what it left.
    const changes = (await snapshots.changes(then, after ?? current)).filter(({ path }) => !kept.has(path));
    const done = await snapshots.revert(changes, current);
    for (const path of done.restored) restored.add(path);
    for (const { path, reason } of done.kept) kept.set(path, reason);
    current = await snapshots.take();
  }
  return {
    type: 'files.restored',
    steps: steps.map(({ step }) => step),
    restored: [...restored].filter((path) => !kept.has(path)).sort(),
    kept: [...kept].map(([path, reason]) => ({ path, reason })),
    before,
  };
}
