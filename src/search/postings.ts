/** Where each term occurs, and how often: documents are numbered by the caller, terms in the order they are met. */
export class Postings {
  readonly #ids = new Map<string, number>();
  readonly #lists: number[][] = [];
  readonly #lengths: number[] = [];

  /** The number of a term, new if need be. */
  idOf(term: string): number {
    let id = this.#ids.get(term);
    if (id === undefined) {
      id = this.#lists.length;
      this.#ids.set(term, id);
      this.#lists.push([]);
    }
    return id;
  }

  /** Adds a document. Its length is the sum of the counts. */
  add(document: number, counts: ReadonlyMap<string, number>): void {
    this.#lengths[document] = 0;
    for (const [term, count] of counts) this.addTerm(document, this.idOf(term), count);
  }

  /** Adds one term of a document; the caller gives each term of a document once. */
  addTerm(document: number, id: number, count: number): void {
    this.#lists[id]!.push(document, count);
    this.#lengths[document] = (this.#lengths[document] ?? 0) + count;
  }

  /** Makes a document known that may have no term. */
  addEmpty(document: number): void {
    this.#lengths[document] ??= 0;
  }

  length(document: number): number {
    return this.#lengths[document] ?? 0;
  }

  /** Pairs of document and count, flat, in the order of addition. */
  list(term: string): readonly number[] {
    const id = this.#ids.get(term);
    return id === undefined ? [] : this.#lists[id]!;
  }

  get size(): number {
    return this.#lengths.length;
  }
}

export interface Bm25Options {
  /** How fast repetition stops to count. */
  k1: number;
  /** How much length is held against a document, in 0..1. */
  b: number;
}

/** Which documents take part, and what that means for their statistics. */
export interface Population {
  /** 1 for a document that takes part. */
  alive: Uint8Array;
  count: number;
  averageLength: number;
  /** The part of BM25 that depends on a document's length alone, by the options it was made for. */
  norms: Map<string, Float64Array>;
}

export function populationOf(postings: Postings, documents: Iterable<number>): Population {
  const alive = new Uint8Array(postings.size);
  let count = 0;
  let total = 0;
  for (const document of documents) {
    if (alive[document]) continue;
    alive[document] = 1;
    count++;
    total += postings.length(document);
  }
  return { alive, count, averageLength: count === 0 ? 1 : Math.max(1, total / count), norms: new Map() };
}

/** Inverse document frequency as BM25 has it, never negative. */
export function idf(count: number, frequency: number): number {
  return Math.log(1 + (count - frequency + 0.5) / (frequency + 0.5));
}

/**
 * Okapi BM25 (Robertson and Zaragoza, 2009) of every document of a population for weighted terms.
 *
 * @returns one score a document, by its number
 */
export function bm25(
  postings: Postings,
  population: Population,
  terms: ReadonlyMap<string, number>,
  options: Bm25Options,
): Float64Array {
  const scores = new Float64Array(postings.size);
  const { alive, count } = population;
  const norms = normsOf(postings, population, options);
  for (const [term, weight] of terms) {
    const list = postings.list(term);
    let frequency = 0;
    for (let at = 0; at < list.length; at += 2) if (alive[list[at]!] === 1) frequency++;
    if (frequency === 0) continue;
    const factor = weight * idf(count, frequency) * (options.k1 + 1);
    for (let at = 0; at < list.length; at += 2) {
      const document = list[at]!;
      // A document that came after the population was made is beyond its end.
      if (alive[document] !== 1) continue;
      const occurrences = list[at + 1]!;
      scores[document]! += (factor * occurrences) / (occurrences + norms[document]!);
    }
  }
  return scores;
}

function normsOf(postings: Postings, population: Population, { k1, b }: Bm25Options): Float64Array {
  const key = `${k1} ${b}`;
  let norms = population.norms.get(key);
  if (!norms) {
    norms = Float64Array.from(
      population.alive,
      (alive, document) => alive && k1 * (1 - b + (b * postings.length(document)) / population.averageLength),
    );
    population.norms.set(key, norms);
  }
  return norms;
}
