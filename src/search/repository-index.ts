import { listTree, type Repository, readBlobs } from '../git/index.ts';
import { ContentIndex } from './content-index.ts';
import { HistoryIndex } from './history-index.ts';
import { linesThatMatter, type MatchingLine } from './lines.ts';
import { howMany, RANKING, type Ranking, scoreFiles } from './rank.ts';
import { type Signal, signalsOf, type View, viewOf } from './signals.ts';

/** A file that a question is probably about. */
export interface FoundFile {
  path: string;
  /** The sum of what speaks for it; comparable within one question only. */
  score: number;
}

export interface FindOptions {
  /** At most this many files; default 10. */
  limit?: number;
  /** Which files may be named; default all. */
  accept?: (path: string) => boolean;
  ranking?: Ranking;
}

export interface Found {
  files: FoundFile[];
  /** How many of them, from the first, stand out: what one would name as the answer. */
  named: number;
}

/** A commit, ready to be asked. */
interface Prepared {
  /** The content of each path. */
  blobs: ReadonlyMap<string, string>;
  view: View;
}

const KEPT_VIEWS = 4;

/** A search index over a repository, read from its objects; no checkout is needed or touched. */
export class RepositoryIndex {
  readonly #repository: Repository;
  readonly #content: ContentIndex;
  readonly #history: HistoryIndex;
  readonly #views = new Map<string, Promise<Prepared>>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(repository: Repository) {
    this.#repository = repository;
    this.#content = new ContentIndex(repository);
    this.#history = new HistoryIndex(repository);
  }

  /** Makes a commit ready to be asked; what it shares with commits before is not read again. */
  #prepare(commit: string): Promise<Prepared> {
    const known = this.#views.get(commit);
    if (known) return known;
    // One after the other: the indexes grow, and two that grow them at once would read and number the same twice.
    const prepared = this.#last.catch(() => {}).then(() => this.#read(commit));
    this.#last = prepared;
    // A few commits are asked again and again (attempts of one task); the rest would fill the memory.
    if (this.#views.size >= KEPT_VIEWS) this.#views.delete(this.#views.keys().next().value!);
    this.#views.set(commit, prepared);
    prepared.catch(() => this.#views.delete(commit));
    return prepared;
  }

  async #read(commit: string): Promise<Prepared> {
    const tree = await this.#content.add(await listTree(this.#repository, commit));
    const past = await this.#history.before(
      commit,
      tree.map((file) => file.path),
    );
    return {
      blobs: new Map(tree.map((file) => [file.path, file.blob])),
      view: viewOf(this.#content, tree, past),
    };
  }

  /** The files of a commit that a text is about, best first. Only the past of the commit is used. */
  async find(text: string, commit: string, options: FindOptions = {}): Promise<Found> {
    const { view } = await this.#prepare(commit);
    const scores = scoreFiles(
      signalsOf(text, view, this.#content, this.#history),
      options.ranking ?? RANKING,
    );
    const order = view.paths.map((path, file) => ({ path, score: scores[file]! }));
    const files = (options.accept ? order.filter(({ path }) => options.accept!(path)) : order)
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1))
      .slice(0, options.limit ?? 10);
    return {
      files,
      named: howMany(
        files.map(({ score }) => score),
        options.ranking ?? RANKING,
      ),
    };
  }

  /** The signals themselves, for setting weights. */
  async signals(
    text: string,
    commit: string,
  ): Promise<{ paths: readonly string[]; signals: Record<Signal, Float64Array> }> {
    const { view } = await this.#prepare(commit);
    return { paths: view.paths, signals: signalsOf(text, view, this.#content, this.#history) };
  }

  /** The lines of found files that matter to the text, in the order of the files. */
  async lines(text: string, commit: string, files: readonly FoundFile[]): Promise<MatchingLine[][]> {
    const { blobs } = await this.#prepare(commit);
    const lines: MatchingLine[][] = [];
    const ids = files.map((file) => blobs.get(file.path)!);
    for await (const { content } of readBlobs(this.#repository, ids)) {
      lines.push(content ? linesThatMatter(content.toString('utf8'), text) : []);
    }
    return lines;
  }
}
