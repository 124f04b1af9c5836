import {
  type ChangedFile,
  type Commit,
  type Repository,
  readBlobs,
  readHistory,
  repositoryIdentity,
  resolveCommit,
} from '../../git/index.ts';
import { saysGenerated } from '../../project/index.ts';
import type { Candidate, MineOptions } from '../environment.ts';
import { type LocalizeTask, localizeTaskId } from '../task.ts';
import { judgeCommit, REASONS } from './filters.ts';

/** Commits that pass are looked at together, so that one git process reads the contents of many. */
const BATCH = 200;

interface Passed {
  commit: Commit;
  statement: string;
  answer: ChangedFile[];
}

/**
 * Turns the history of a repository into tasks: every commit comes out once, as a task or with the reason why it is
 * none. Only survivors of the cheap filters have their files read.
 *
 * @throws NoSuchCommitError when there is no history
 */
export async function* mineLocalize(
  repository: Repository,
  options: MineOptions,
): AsyncGenerator<Candidate<LocalizeTask>> {
  const head = await resolveCommit(repository, options.only ?? 'HEAD');
  // Of HEAD in any case: an old commit may not know every first commit, and its task would get another id.
  const newest = await resolveCommit(repository, 'HEAD').catch(() => head);
  const identity = await repositoryIdentity(repository, newest);
  const seen = new Set<string>();
  const history = readHistory(repository, {
    ...(options.only === undefined ? { from: head } : { only: [head] }),
    ...(options.since !== undefined && { since: options.since }),
    ...(options.signal && { signal: options.signal }),
  });
  let made = 0;
  let waiting: (Candidate<LocalizeTask> | Passed)[] = [];
  let passed = 0;

  async function* flush(): AsyncGenerator<Candidate<LocalizeTask>> {
    const batch = waiting;
    waiting = [];
    passed = 0;
    const facts = await readFacts(
      repository,
      batch.filter((one) => 'answer' in one),
    );
    for (const one of batch) {
      const candidate = 'answer' in one ? toCandidate(one, facts, { repository, identity, seen }) : one;
      yield candidate;
      if ('task' in candidate && ++made === options.limit) return;
    }
  }

  for await (const commit of history) {
    const verdict = judgeCommit(commit);
    if (verdict.ok) {
      waiting.push({ commit, statement: verdict.statement, answer: verdict.answer });
      passed++;
    } else {
      const { reason, detail } = verdict;
      waiting.push({ ...named(commit), dropped: reason, ...(detail !== undefined && { detail }) });
    }
    const enough = options.limit !== undefined && passed >= options.limit - made;
    if (passed < BATCH && !enough) continue;
    yield* flush();
    if (made === options.limit) return;
  }
  yield* flush();
}

function named(commit: Commit): { commit: string; subject: string } {
  return { commit: commit.id, subject: commit.message.split('\n', 1)[0]!.trim() };
}

type Facts = ReadonlyMap<string, 'text' | 'generated' | 'missing' | 'binary'>;

async function readFacts(repository: Repository, passed: readonly Passed[]): Promise<Facts> {
  const facts = new Map<string, 'text' | 'generated' | 'missing' | 'binary'>();
  const blobs = new Set(passed.flatMap(({ answer }) => answer.map((file) => file.before)));
  for await (const { blob, content } of readBlobs(repository, [...blobs])) {
    if (content === undefined) facts.set(blob, 'missing');
    else if (content.subarray(0, 8_000).includes(0)) facts.set(blob, 'binary');
    else facts.set(blob, saysGenerated(content) ? 'generated' : 'text');
  }
  return facts;
}

interface Surroundings {
  repository: Repository;
  identity: string;
  seen: Set<string>;
}

function toCandidate(
  { commit, statement, answer }: Passed,
  facts: Facts,
  around: Surroundings,
): Candidate<LocalizeTask> {
  const drop = (dropped: string, detail: string): Candidate<LocalizeTask> => ({
    ...named(commit),
    dropped,
    detail,
  });
  const generated = answer.filter((file) => facts.get(file.before) === 'generated');
  if (generated.length > 0) return drop(REASONS.generated, generated.map((file) => file.path).join(', '));
  const unreadable = answer.filter((file) => facts.get(file.before) !== 'text');
  if (unreadable.length > 0) return drop(REASONS.unreadable, unreadable.map((file) => file.path).join(', '));

  const files = answer.map((file) => file.path).sort();
  const key = JSON.stringify([statement, files]);
  if (around.seen.has(key)) return drop(REASONS.duplicate, statement.split('\n', 1)[0]!);
  around.seen.add(key);
  const { name, path } = around.repository;
  const content: Omit<LocalizeTask, 'id'> = {
    kind: 'localize',
    repository: { name, path, identity: around.identity },
    base: commit.parents[0]!,
    statement,
    answer: { files },
    source: { commit: commit.id, time: commit.time, subject: named(commit).subject },
  };
  return { ...named(commit), task: { id: localizeTaskId(content), ...content } };
}
