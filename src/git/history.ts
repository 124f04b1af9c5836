import { streamGit } from './git.ts';
import type { Repository } from './repository.ts';

/** A file that a commit changed, against its first parent. */
export interface ChangedFile {
  /** Added, modified, deleted, renamed without a change of content, or the type of the entry changed. */
  status: 'A' | 'M' | 'D' | 'R' | 'T';
  path: string;
  /** Where a renamed file came from. */
  from?: string;
  /** The content before, and after; all zeros where there is none. */
  before: string;
  after: string;
  /** A symbolic link or a submodule on either side. */
  special: boolean;
}

export interface Commit {
  id: string;
  parents: string[];
  authorName: string;
  authorEmail: string;
  /** When it was committed, in seconds since 1970. */
  time: number;
  /** Subject and body. */
  message: string;
  /** The first `maxFiles` changed files; empty for a merge. */
  files: ChangedFile[];
  /** How many files changed in truth. */
  fileCount: number;
}

export interface HistoryOptions {
  /** Where to start; default HEAD. */
  from?: string;
  /** Commits that are not wanted, nor anything before them. */
  not?: readonly string[];
  /** At most this many commits. */
  limit?: number;
  /** A date as `git log --since` understands it. */
  since?: string;
  /** Only these commits, without those before them. */
  only?: readonly string[];
  noMerges?: boolean;
  /** Follow only the first parent of a merge. */
  firstParent?: boolean;
  /** How many changed files of one commit are kept; default 200. */
  maxFiles?: number;
  signal?: AbortSignal;
}

const FORMAT = ['%H', '%P', '%an', '%ae', '%ct', '%B', ''].join('%x00');
const FIELDS = 6;

/**
 * The history of a repository, newest first, from one `git log`, parsed as it streams.
 * Only renames without a change of content are detected: anything more needs contents, which partial clones lack.
 */
export async function* readHistory(
  repository: Repository,
  options: HistoryOptions = {},
): AsyncGenerator<Commit> {
  if (options.only?.length === 0) return;
  const args = ['log', '-z', '--raw', '--no-abbrev', '-M100%', '-l0', `--format=${FORMAT}`, '--no-ext-diff'];
  // What a repository's configuration may set otherwise.
  args.push('--encoding=UTF-8', '--root');
  if (options.limit !== undefined) args.push(`--max-count=${options.limit}`);
  if (options.since !== undefined) args.push(`--since=${options.since}`);
  if (options.noMerges) args.push('--no-merges');
  if (options.firstParent) args.push('--first-parent');
  if (options.only) args.push('--no-walk=unsorted');
  const walk = [options.from ?? 'HEAD', ...(options.not ?? []).map((commit) => `^${commit}`)];
  args.push('--end-of-options', ...(options.only ?? walk), '--');
  const parser = new LogParser(options.maxFiles ?? 200);
  for await (const chunk of streamGit(
    repository.path,
    args,
    options.signal ? { signal: options.signal } : {},
  )) {
    yield* parser.push(chunk);
  }
  yield* parser.end();
}

/**
 * Reads the NUL-separated output of `git log -z --raw`. A message cannot hold NUL, so counting fields is exact
 * whatever it says: six fields of the commit, then an entry (`:modes ids status`) and its path or two, and so on
 * until a token that is no entry.
 */
class LogParser {
  readonly #maxFiles: number;
  #rest: Buffer = Buffer.alloc(0);
  #fields: string[] = [];
  #commit: Commit | undefined;
  #entry: { meta: string[]; paths: string[]; wanted: number } | undefined;

  constructor(maxFiles: number) {
    this.#maxFiles = maxFiles;
  }

  *push(chunk: Buffer): Generator<Commit> {
    const data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    for (;;) {
      const end = data.indexOf(0, at);
      if (end === -1) break;
      const done = this.#token(data.toString('utf8', at, end));
      if (done) yield done;
      at = end + 1;
    }
    this.#rest = data.subarray(at);
  }

  *end(): Generator<Commit> {
    if (this.#commit) yield this.#commit;
    this.#commit = undefined;
  }

  #token(token: string): Commit | undefined {
    if (this.#entry) {
      this.#entry.paths.push(token);
      if (this.#entry.paths.length === this.#entry.wanted) this.#addFile();
      return undefined;
    }
    if (this.#fields.length === 0) {
      const text = token.startsWith('\n') ? token.slice(1) : token;
      if (text === '') return undefined;
      if (text.startsWith(':')) {
        const meta = text.slice(1).split(' ');
        this.#entry = { meta, paths: [], wanted: /^[RC]/.test(meta[4] ?? '') ? 2 : 1 };
        return undefined;
      }
      this.#fields.push(text);
      return undefined;
    }
    this.#fields.push(token);
    if (this.#fields.length < FIELDS) return undefined;
    const done = this.#commit;
    const [id = '', parents = '', authorName = '', authorEmail = '', time = '0', message = ''] = this.#fields;
    this.#fields = [];
    this.#commit = {
      id,
      parents: parents === '' ? [] : parents.split(' '),
      authorName,
      authorEmail,
      time: Number(time),
      message: message.trimEnd(),
      files: [],
      fileCount: 0,
    };
    return done;
  }

  #addFile(): void {
    const { meta, paths } = this.#entry!;
    this.#entry = undefined;
    const commit = this.#commit!;
    commit.fileCount++;
    if (commit.files.length >= this.#maxFiles) return;
    const [modeBefore = '', modeAfter = '', before = '', after = '', status = ''] = meta;
    const renamed = status.startsWith('R');
    commit.files.push({
      status: (status[0] === 'C' ? 'A' : status[0]) as ChangedFile['status'],
      path: paths.at(-1)!,
      ...(renamed && { from: paths[0]! }),
      before,
      after,
      special: /^1[26]0000$/.test(modeBefore) || /^1[26]0000$/.test(modeAfter),
    });
  }
}
