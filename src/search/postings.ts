/** Where each term occurs, and how often: documents are numbered by the caller, terms by their text. */
export class Postings {
  readonly #lists = new Map<string, number[]>();
  readonly #lengths: number[] = [];

  /** Adds a document. Its length is the sum of the counts. */
  add(document: number, counts: ReadonlyMap<string, number>): void {
    let length = 0;
    for (const [term, count] of counts) {
      length += count;
      const list = this.#lists.get(term);
      if (list) list.push(document, count);
      else this.#lists.set(term, [document, count]);
    }
    this.#lengths[document] = length;
  }

  length(document: number): number {
    return this.#lengths[document] ?? 0;
  }

  /** Pairs of document and count, flat, in the order of addition. */
  list(term: string): readonly number[] {
    return this.#lists.get(term) ?? [];
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
  return { alive, count, averageLength: count === 0 ? 1 : Math.max(1, total / count) };
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
  { k1, b }: Bm25Options,
): Float64Array {
  const scores = new Float64Array(postings.size);
  const { alive, count, averageLength } = population;
  for (const [term, weight] of terms) {
    const list = postings.list(term);
    let frequency = 0;
    for (let at = 0; at < list.length; at += 2) if (alive[list[at]!]) frequency++;
    if (frequency === 0) continue;
    const factor = weight * idf(count, frequency) * (k1 + 1);
    for (let at = 0; at < list.length; at += 2) {
      const document = list[at]!;
      if (!alive[document]) continue;
      const occurrences = list[at + 1]!;
      const norm = k1 * (1 - b + (b * postings.length(document)) / averageLength);
      scores[document]! += (factor * occurrences) / (occurrences + norm);
    }
  }
  return scores;
}
