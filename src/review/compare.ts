import { openSnapshots } from '../agent/index.ts';
import { newId, type StoredEvent, type ThreadStore } from '../thread/index.ts';
import { changeOf, DIFF } from './change.ts';
import { type FileDiff, readDiff } from './diff.ts';
import type { SlopKind } from './slop.ts';
import { type Tour, tourOf } from './tour.ts';

/** Two threads that have nothing in common to compare. */
export class NotComparableError extends Error {
  override name = 'NotComparableError';
}

/** One attempt at a piece of work, in what can be held against another one. */
export interface Attempt {
  thread: string;
  title: string;
  agent?: string;
  model?: string;
  status: string;
  steps: number;
  /** US dollars; absent where a price is not known. */
  costUsd?: number;
  /** That were worked on it. */
  seconds: number;
  asked: string;
  answer: string;
  files: { path: string; added: number; removed: number }[];
  slop: Record<SlopKind, number>;
}

/** Two attempts side by side, and what leads from the files of the first to those of the second. */
export interface Comparison {
  a: Attempt;
  b: Attempt;
  between: { files: FileDiff[]; tour: Tour };
}

/**
 * Compares what two threads made of the same repository.
 *
 * @throws NotComparableError @throws ThreadNotFoundError
 */
export async function compareAttempts(store: ThreadStore, a: string, b: string): Promise<Comparison> {
  const [one, two] = await Promise.all([attemptOf(store, a), attemptOf(store, b)]);
  if (one.repository !== two.repository)
    throw new NotComparableError(`${a} and ${b} are about different repositories.`);
  const files = one.root === two.root ? [] : await between(one.root, two.root);
  return { a: one.attempt, b: two.attempt, between: { files, tour: tourOf(files, () => undefined) } };
}

async function between(from: string, to: string): Promise<FileDiff[]> {
  const name = `compare-${newId().slice(-8)}`;
  const [first, second] = await Promise.all([openSnapshots(from, name), openSnapshots(to, name)]);
  const [was, is] = await Promise.all([first.take(), second.take()]);
  return readDiff(await first.diff(DIFF, was, second, is));
}

async function attemptOf(store: ThreadStore, id: string) {
  const events = await store.read(id);
  const started = events.find((event) => event.type === 'thread.started');
  if (started?.workspace === undefined) throw new NotComparableError(`${id} has no workspace to compare.`);
  const { workspace: root, base = 'HEAD', repository = root, title, agent, model } = started;
  const { files, slop } = await changeOf(root, base);
  const { status } = await store.get(id);
  const answers = events.filter((event) => event.type === 'assistant.message');
  const costs = answers.map(({ costUsd }) => costUsd);
  const ended = events.findLast((event) => event.type === 'thread.ended');
  const attempt: Attempt = {
    ...{ thread: id, title, status, steps: answers.length },
    seconds: workedMs(events) / 1000,
    ...{ asked: promptIn(events), answer: ended?.answer ?? '', slop },
    files: files
      .filter(({ path }) => !path.startsWith('.kino/artifacts/'))
      .map(({ path, added, removed }) => ({ path, added, removed })),
    ...(agent !== undefined && { agent }),
    ...(model !== undefined && { model }),
    ...(costs.every((cost) => cost !== undefined) && { costUsd: costs.reduce((sum, cost) => sum + cost, 0) }),
  };
  return { attempt, root, repository };
}

function promptIn(events: readonly StoredEvent[]): string {
  const prompts = events.filter((event) => event.type === 'user.message' && event.from !== 'kino');
  const last = prompts.at(-1);
  return last?.type === 'user.message' ? last.text : '';
}

function workedMs(events: readonly StoredEvent[]): number {
  return events.reduce((sum, event) => sum + (event.type === 'thread.ended' ? event.durationMs : 0), 0);
}
