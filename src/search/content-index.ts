import { type Repository, readBlobs, type TreeFile } from '../git/index.ts';
import { findDefinitions } from './definitions.ts';
import { Postings } from './postings.ts';
import { eachIdentifier, pathTerms, termsOf } from './tokenize.ts';

/** Larger files are data; their words would drown the rest. */
const MAX_BYTES = 512 * 1024;
/** Read from git together, so that memory stays bounded. */
const BATCH_BYTES = 16 * 1024 * 1024;
const NOT_TEXT =
  /\.(?:png|jpe?g|gif|ico|webp|bmp|svg|pdf|zip|gz|bz2|xz|tgz|jar|war|class|so|dylib|dll|exe|bin|dat|wasm|woff2?|ttf|eot|otf|mp[34]|avi|mov|map|min\.js|min\.css|lock|snap|sum|pb|pyc|db|sqlite)$|(?:^|\/)(?:package-lock\.json|pnpm-lock\.yaml|npm-shrinkwrap\.json)$/i;

/**
 * What the contents and the paths of a repository say, by blob and by path: what one commit has taught is there for
 * the next, so the index of another commit costs only what differs.
 */
export class ContentIndex {
  readonly content = new Postings();
  readonly definitions = new Postings();
  readonly folders = new Postings();
  readonly names = new Postings();
  readonly #repository: Repository;
  readonly #documents = new Map<string, number>();
  readonly #paths = new Map<string, number>();
  readonly #contentIds = new TermIds(this.content);
  readonly #definitionIds = new TermIds(this.definitions);

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** The document of a blob, once it is indexed. */
  documentOf(blob: string): number | undefined {
    return this.#documents.get(blob);
  }

  /** The number of a path, once it is indexed. */
  pathNumber(path: string): number | undefined {
    return this.#paths.get(path);
  }

  /** Reads what is not known yet. @returns the files that are indexed: text of a reasonable size */
  async add(files: readonly TreeFile[]): Promise<TreeFile[]> {
    const wanted = files.filter(
      (file) => file.size > 0 && file.size <= MAX_BYTES && !NOT_TEXT.test(file.path),
    );
    const missing = new Map<string, number>();
    for (const file of wanted) {
      this.#addPath(file.path);
      if (!this.#documents.has(file.blob)) missing.set(file.blob, file.size);
    }
    for (const batch of batches(missing)) {
      for await (const { blob, content } of readBlobs(this.#repository, batch)) this.#addBlob(blob, content);
    }
    return wanted;
  }

  #addPath(path: string): void {
    if (this.#paths.has(path)) return;
    const number = this.#paths.size;
    this.#paths.set(path, number);
    const { folders, name } = pathTerms(path);
    this.folders.add(number, count(folders));
    this.names.add(number, count(name));
  }

  #addBlob(blob: string, bytes: Buffer | undefined): void {
    const number = this.#documents.size;
    this.#documents.set(blob, number);
    const text = bytes && !bytes.subarray(0, 8_000).includes(0) ? bytes.toString('utf8') : '';
    this.content.addEmpty(number);
    this.definitions.addEmpty(number);
    this.#contentIds.add(number, (visit) => eachIdentifier(text, visit));
    this.#definitionIds.add(number, (visit) => findDefinitions(text).forEach(visit));
  }
}

/** Adds identifiers to postings as the numbers of their terms; splitting and stemming is done once an identifier. */
class TermIds {
  readonly #postings: Postings;
  readonly #ids = new Map<string, readonly number[]>();
  /** Counts of the document at hand, by term; all zero between documents. */
  #counts = new Uint32Array(1 << 16);

  constructor(postings: Postings) {
    this.#postings = postings;
  }

  /** @param identifiers calls back for each identifier of the document, as often as it occurs */
  add(document: number, identifiers: (visit: (identifier: string) => void) => void): void {
    const met: number[] = [];
    identifiers((identifier) => {
      for (const id of this.#idsOf(identifier)) if (this.#counts[id]!++ === 0) met.push(id);
    });
    for (const id of met) {
      this.#postings.addTerm(document, id, this.#counts[id]!);
      this.#counts[id] = 0;
    }
  }

  #idsOf(identifier: string): readonly number[] {
    let ids = this.#ids.get(identifier);
    if (!ids) {
      ids = termsOf(identifier).map((term) => this.#postings.idOf(term));
      this.#ids.set(identifier, ids);
      const highest = Math.max(0, ...ids);
      if (highest >= this.#counts.length) {
        const grown = new Uint32Array(2 * highest);
        grown.set(this.#counts);
        this.#counts = grown;
      }
    }
    return ids;
  }
}

function count(terms: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}

function* batches(sizes: ReadonlyMap<string, number>): Generator<string[]> {
  let batch: string[] = [];
  let bytes = 0;
  for (const [blob, size] of sizes) {
    batch.push(blob);
    bytes += size;
    if (bytes < BATCH_BYTES) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}
