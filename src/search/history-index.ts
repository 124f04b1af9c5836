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

/** What the history before one commit says about its files. */
export interface Past {
  /** The commits before, newest first, by number. */
  commits: readonly PastCommit[];
  /** Today's path of a path of the past. */
  currentPath(path: string): string;
  /** How many commits ago a file was last changed, from 0. */
  lastChange: ReadonlyMap<string, number>;
  /** How often a file was changed. */
  changes: ReadonlyMap<string, number>;
}

/** The messages and changed files of a repository's past, read once and asked from any commit. */
export class HistoryIndex {
  readonly messages = new Postings();
  readonly #repository: Repository;
  readonly #commits = new Map<string, PastCommit>();

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /**
   * The past of a commit: itself and what is reachable from it, and nothing else, whatever else has been read.
   */
  async before(commit: string): Promise<Past> {
    let found = this.#reachable(commit);
    if (!found.complete) {
      for await (const past of readHistory(this.#repository, { from: commit, limit: DEPTH, maxFiles: MAX_FILES + 1 })) {
        this.#add(past);
      }
      found = this.#reachable(commit);
    }
    return summarise(found.commits);
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
      renames: commit.files.flatMap((file): [string, string][] => (file.from === undefined ? [] : [[file.from, file.path]])),
    });
    const [subject = '', ...body] = commit.message.split('\n');
    // The subject counts twice: the body is often about something else as well.
    this.messages.add(number, small && commit.fileCount > 0 ? queryTerms([subject, subject, ...body].join('\n')) : new Map());
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
    const complete = commits.length > 0 && (!unknown || commits.length >= DEPTH / 2 || this.#asked.has(start));
    this.#asked.add(start);
    commits.sort((a, b) => b.time - a.time || a.number - b.number);
    return { commits: commits.slice(0, DEPTH), complete };
  }
  readonly #asked = new Set<string>();
}

function summarise(commits: readonly PastCommit[]): Past {
  const renamed = new Map<string, string>();
  const currentPath = (path: string): string => {
    let now = path;
    for (let hops = 0; hops < 20; hops++) {
      const next = renamed.get(now);
      if (next === undefined) break;
      now = next;
    }
    return now;
  };
  const lastChange = new Map<string, number>();
  const changes = new Map<string, number>();
  commits.forEach((commit, ago) => {
    for (const old of commit.files) {
      const path = currentPath(old);
      if (!lastChange.has(path)) lastChange.set(path, ago);
      changes.set(path, (changes.get(path) ?? 0) + 1);
    }
    for (const [from, to] of commit.renames) if (from !== to && !renamed.has(from) && currentPath(to) !== from) renamed.set(from, to);
  });
  return { commits, currentPath, lastChange, changes };
}
