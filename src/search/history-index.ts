import { type Commit, type Repository, readHistory } from '../git/index.ts';
import { Postings } from './postings.ts';
import { queryTerms } from './tokenize.ts';

/** How far back the past is asked. */
const DEPTH = 5_000;
/** A commit that touches more files says little about any of them. */
const MAX_FILES = 30;

interface PastCommit {
  number: number;
  parents: string[];
  time: number;
  files: string[];
  /** Exact renames: from the old path to the new. */
  renames: [string, string][];
}

/** What the history before one commit says about the files of that commit, which are numbered by the caller. */
export interface Past {
  /** How many commits are known, newest first. */
  count: number;
  /** The place in that order of a commit of the index, by its number; -1 for one that does not belong to the past. */
  orderOf: Int32Array;
  /** The files that each commit changed, as far as they are still there. */
  touched: readonly (readonly number[])[];
  /** How many commits ago each file was last changed; infinite where unknown. */
  lastChange: Float64Array;
  /** How much was said about each file: the lengths of the messages of its commits, shared among their files. */
  said: Float64Array;
}

/** The messages and changed files of a repository's past, read once and asked from any commit. */
export class HistoryIndex {
  readonly messages = new Postings();
  readonly #repository: Repository;
  readonly #commits = new Map<string, PastCommit>();
  /** The commits from which was read last. */
  #read: readonly string[] = [];

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /**
   * The past of a commit: itself and what is reachable from it, and nothing else, whatever else has been read.
   *
   * @param paths the files of that commit
   */
  async before(commit: string, paths: readonly string[]): Promise<Past> {
    let found = this.#reachable(commit);
    // What is known need not be read again; but it may end too early, and then everything is.
    for (const known of [this.#read, []]) {
      if (found.complete) break;
      const options = { from: commit, not: known, limit: DEPTH, maxFiles: MAX_FILES + 1 };
      for await (const past of readHistory(this.#repository, options)) this.#add(past);
      found = this.#reachable(commit);
    }
    if (!this.#read.includes(commit)) this.#read = [...this.#read.slice(-20), commit];
    return this.#pastOf(found.commits, paths);
  }

  #add(commit: Commit): void {
    if (this.#commits.has(commit.id)) return;
    const number = this.#commits.size;
    const small = commit.fileCount <= MAX_FILES;
    this.#commits.set(commit.id, {
      number,
      parents: commit.parents,
      time: commit.time,
      files: small ? commit.files.filter((file) => file.status !== 'D').map((file) => file.path) : [],
      renames: commit.files.flatMap((file): [string, string][] =>
        file.from === undefined ? [] : [[file.from, file.path]],
      ),
    });
    const [subject = '', ...body] = commit.message.split('\n');
    // The subject counts twice: the body is often about something else as well.
    this.messages.add(
      number,
      small && commit.fileCount > 0 ? queryTerms([subject, subject, ...body].join('\n')) : new Map(),
    );
  }

  /** A walk over known commits; incomplete when it meets one that was not read before it has gone deep enough. */
  #reachable(start: string): { commits: PastCommit[]; complete: boolean } {
    const seen = new Set([start]);
    const queue = [start];
    const commits: PastCommit[] = [];
    let unknown = false;
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      const commit = this.#commits.get(id);
      if (!commit) {
        unknown = true;
        continue;
      }
      commits.push(commit);
      for (const parent of commit.parents) {
        if (seen.has(parent)) continue;
        seen.add(parent);
        queue.push(parent);
      }
    }
    // Parents that a shallow clone lacks stay unknown for ever; reading again from the same place adds nothing.
    const complete =
      commits.length > 0 && (!unknown || commits.length >= DEPTH / 2 || this.#read.includes(start));
    commits.sort((a, b) => b.time - a.time || a.number - b.number);
    return { commits: commits.slice(0, DEPTH), complete };
  }

  #pastOf(commits: readonly PastCommit[], paths: readonly string[]): Past {
    const files = new Map(paths.map((path, file) => [path, file]));
    const orderOf = new Int32Array(this.#commits.size).fill(-1);
    const lastChange = new Float64Array(paths.length).fill(Number.POSITIVE_INFINITY);
    const said = new Float64Array(paths.length);
    const renames = new Renames();
    const touched = commits.map((commit, order) => {
      orderOf[commit.number] = order;
      const numbers = commit.files.flatMap((path) => files.get(renames.currentPath(path)) ?? []);
      for (const file of numbers) {
        if (order < lastChange[file]!) lastChange[file] = order;
        said[file]! += this.messages.length(commit.number) / numbers.length;
      }
      for (const [from, to] of commit.renames) renames.add(from, to);
      return numbers;
    });
    return { count: commits.length, orderOf, touched, lastChange, said };
  }
}

/** Where files are today that were elsewhere in the past; fed from the newest commit to the oldest. */
class Renames {
  readonly #next = new Map<string, string>();

  add(from: string, to: string): void {
    if (from !== to && !this.#next.has(from) && this.currentPath(to) !== from) this.#next.set(from, to);
  }

  currentPath(path: string): string {
    let now = path;
    // A name may have gone round in circles; a few steps are enough for honest histories.
    for (let steps = 0; steps < 20; steps++) {
      const next = this.#next.get(now);
      if (next === undefined) break;
      now = next;
    }
    return now;
  }
}
