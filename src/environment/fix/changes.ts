import { type Commit, git, type Repository, readHistory, resolveCommit } from '../../git/index.ts';
import { subjectOf } from '../routine-commits.ts';

/** A piece of history that is one change: a commit, a merged branch, or a range. */
export interface Change {
  /** `joint` for a merge commit where its commits are changes themselves. */
  kind: 'commit' | 'merge' | 'joint';
  /** The commit before it; undefined for the first one. */
  base: string | undefined;
  /** The commit that holds it all. */
  commit: string;
  subject: string;
  message: string;
  authorName: string;
  authorEmail: string;
  time: number;
}

export interface ChangeOptions {
  /** As `git log --since` understands it. */
  since?: string;
  /** Only this commit. */
  only?: string;
  /** Merged branches are one change each, and the commits in them are none. */
  merges?: boolean;
  /** `a..b`: what lies between is one change. */
  range?: string;
  signal?: AbortSignal;
}

/** The commits that a merge may have to be one change. */
const MAX_BRANCH = 200;

/**
 * The changes of a repository's history, newest first.
 *
 * @throws NoSuchCommitError
 */
export async function* readChanges(repository: Repository, options: ChangeOptions): AsyncGenerator<Change> {
  if (options.range !== undefined) {
    const [from = '', to = ''] = options.range.split(/\.\.\.?/);
    const [base, head] = [
      await resolveCommit(repository, from),
      await resolveCommit(repository, to || 'HEAD'),
    ];
    yield await branchChange(repository, base, head, undefined);
    return;
  }
  const head = await resolveCommit(repository, options.only ?? 'HEAD');
  const history = readHistory(repository, {
    ...(options.only === undefined ? { from: head } : { only: [head] }),
    ...(options.since !== undefined && { since: options.since }),
    ...(options.merges && { firstParent: true }),
    maxFiles: 1,
    ...(options.signal && { signal: options.signal }),
  });
  for await (const commit of history) {
    const isMerge = commit.parents.length > 1;
    if (isMerge && (options.merges || options.only !== undefined))
      yield await branchChange(repository, commit.parents[0]!, commit.id, commit);
    else yield { ...ofCommit(commit), ...(isMerge && { kind: 'joint' as const }) };
  }
}

function ofCommit(commit: Commit): Change {
  const { id, parents, message, authorName, authorEmail, time } = commit;
  return {
    kind: 'commit',
    base: parents[0],
    commit: id,
    subject: subjectOf(commit),
    message,
    authorName,
    authorEmail,
    time,
  };
}

const MERGE_LINE = /^Merge (?:pull request|branch|remote-tracking branch|PR|tag)\b[^\n]*\n*/;

/** A branch says what it is for in its merge commit, or else in its commits. */
async function branchChange(
  repository: Repository,
  base: string,
  head: string,
  merge: Commit | undefined,
): Promise<Change> {
  const commits: Commit[] = [];
  for await (const commit of readHistory(repository, {
    from: head,
    not: [base],
    noMerges: true,
    limit: MAX_BRANCH,
    maxFiles: 1,
  }))
    commits.push(commit);
  const said = merge?.message.replace(MERGE_LINE, '').trim() ?? '';
  const own = commits.reverse().map((commit) => commit.message);
  const message = [...new Set([said, ...own])].filter((text) => text !== '').join('\n\n');
  const last = merge ?? commits.at(-1);
  return {
    kind: 'merge',
    base,
    commit: head,
    subject: message.split('\n', 1)[0]!.trim(),
    message,
    authorName: commits[0]?.authorName ?? '',
    authorEmail: commits[0]?.authorEmail ?? '',
    time: last?.time ?? Number(await git(repository.path, ['log', '-1', '--format=%ct', head])),
  };
}
