import type { Repository } from '../../git/index.ts';
import type { Candidate, MineOptions } from '../environment.ts';
import type { Place } from '../place.ts';
import type { FixTask } from '../task.ts';
import { type Change, readChanges } from './changes.ts';
import { type Examined, type ExamineOptions, examineChange } from './examine.ts';
import { Factory } from './factory.ts';
import { FIX_REASONS } from './reasons.ts';

export interface FixMineOptions extends MineOptions, Partial<ExamineOptions> {
  place: Place;
  /** Merged branches are one change each. */
  merges?: boolean;
  /** `a..b` as one change; may be several. */
  ranges?: readonly string[];
  /** Changes that are examined at once. */
  jobs?: number;
}

const DEFAULTS: ExamineOptions = { repeats: 3, mutants: 8, seconds: 120, strict: false };

/**
 * Turns the history of a repository into `fix` tasks: every change comes out once, newest first, as a task or with the
 * reason why it is none, and with what was done to find out.
 *
 * @throws NoSuchCommitError @throws SandboxUnavailableError
 */
export async function* mineFix(
  repository: Repository,
  options: FixMineOptions,
): AsyncGenerator<Candidate<FixTask>> {
  const { place, jobs = 2, limit } = options;
  const factory = await Factory.open(place, repository);
  const seen = new Set<string>();
  let made = 0;
  for await (const { change, examined } of examineAll(
    factory,
    changesOf(repository, options),
    { ...DEFAULTS, ...options },
    jobs,
  )) {
    const about = { commit: change.commit, subject: change.subject, steps: examined.steps };
    if ('dropped' in examined) {
      yield {
        ...about,
        dropped: examined.dropped,
        ...(examined.detail !== '' && { detail: examined.detail }),
      };
      continue;
    }
    const { statement } = examined.task;
    if (seen.has(statement)) {
      yield { ...about, dropped: FIX_REASONS.duplicate, detail: statement.split('\n', 1)[0]! };
      continue;
    }
    seen.add(statement);
    yield { ...about, task: examined.task };
    if (++made === limit) return;
  }
}

async function* changesOf(
  repository: Repository,
  { ranges, since, only, merges, place }: FixMineOptions,
): AsyncGenerator<Change> {
  const common = { ...(since !== undefined && { since }), ...(place.signal && { signal: place.signal }) };
  for (const range of ranges ?? []) yield* readChanges(repository, { ...common, range });
  if (ranges && ranges.length > 0) return;
  yield* readChanges(repository, {
    ...common,
    ...(only !== undefined && { only }),
    ...(merges && { merges }),
  });
}

/** Examines several changes at once, and gives them in their order. */
async function* examineAll(
  factory: Factory,
  changes: AsyncIterable<Change>,
  options: ExamineOptions,
  jobs: number,
): AsyncGenerator<{ change: Change; examined: Examined }> {
  const waiting: { change: Change; examined: Promise<Examined> }[] = [];
  const source = changes[Symbol.asyncIterator]();
  try {
    for (;;) {
      while (waiting.length < jobs) {
        const next = await source.next();
        if (next.done) break;
        const examined = examineChange(factory, next.value, options);
        // It is awaited in its turn; until then its failure must not end the process.
        examined.catch(() => {});
        waiting.push({ change: next.value, examined });
      }
      const first = waiting.shift();
      if (!first) return;
      yield { change: first.change, examined: await first.examined };
    }
  } finally {
    await source.return?.(undefined);
    await Promise.allSettled(waiting.map(({ examined }) => examined));
  }
}
