import type { ContentIndex } from './content-index.ts';
import type { HistoryIndex, Past } from './history-index.ts';
import { bm25, idf, type Population, populationOf } from './postings.ts';
import { countIdentifiers, queryTerms, termsOf } from './tokenize.ts';

/** What speaks for a file, each signal in 0..1 over the files of one commit. */
export const SIGNALS = [
  'content',
  'folders',
  'name',
  'scope',
  'definitions',
  'neighbours',
  'recency',
  'cochange',
  'subject',
  'identifiers',
  'profile',
] as const;
export type Signal = (typeof SIGNALS)[number];

/** The files of one commit, ready to be asked. */
export interface View {
  paths: readonly string[];
  /** The content of each file, as a document of the content index. */
  documents: readonly number[];
  /** Each path, as a document of the path indexes. */
  pathNumbers: readonly number[];
  past: Past;
  content: Population;
  definitions: Population;
  folders: Population;
  names: Population;
}

export function viewOf(
  index: ContentIndex,
  files: readonly { path: string; blob: string }[],
  past: Past,
): View {
  const documents = files.map((file) => index.documentOf(file.blob)!);
  const pathNumbers = files.map((file) => index.pathNumber(file.path)!);
  return {
    paths: files.map((file) => file.path),
    documents,
    pathNumbers,
    past,
    content: populationOf(index.content, documents),
    definitions: populationOf(index.definitions, documents),
    folders: populationOf(index.folders, pathNumbers),
    names: populationOf(index.names, pathNumbers),
  };
}

const CONTENT = { k1: 1.2, b: 0.3 };
const SHORT = { k1: 0.6, b: 0.4 };
const NEIGHBOURS = 60;

/** The value of every signal for every file of a view. */
export function signalsOf(
  text: string,
  view: View,
  index: ContentIndex,
  history: HistoryIndex,
): Record<Signal, Float64Array> {
  const [subject = '', ...body] = text.split('\n');
  const terms = queryTerms([subject, subject, ...body].join('\n'));
  const byDocument = (scores: Float64Array) =>
    Float64Array.from(view.documents, (number) => scores[number] ?? 0);
  const byPath = (scores: Float64Array) =>
    Float64Array.from(view.pathNumbers, (number) => scores[number] ?? 0);

  const content = normalise(byDocument(bm25(index.content, view.content, terms, CONTENT)));
  const folders = normalise(byPath(bm25(index.folders, view.folders, terms, SHORT)));
  const name = normalise(byPath(bm25(index.names, view.names, terms, SHORT)));
  const definitions = normalise(byDocument(bm25(index.definitions, view.definitions, terms, SHORT)));
  const neighbours = normalise(neighbourScores(terms, view, history));
  const first = Float64Array.from(
    content,
    (value, file) => value + folders[file]! + name[file]! + neighbours[file]!,
  );
  return {
    content,
    folders,
    name,
    scope: scopeScores(subject, view, index),
    definitions,
    neighbours,
    recency: view.past.lastChange.map((ago) => 1 / (1 + ago / 50)),
    cochange: normalise(cochangeScores(first, view)),
    subject: normalise(byDocument(bm25(index.content, view.content, queryTerms(subject), CONTENT))),
    identifiers: normalise(byDocument(bm25(index.content, view.content, identifierTerms(text), SHORT))),
    profile: normalise(profileScores(terms, view, history)),
  };
}

function normalise(values: Float64Array): Float64Array {
  let max = 0;
  for (const value of values) if (value > max) max = value;
  return max === 0 ? values : values.map((value) => value / max);
}

/** `fix(router): …`, `net/http: …` and `[core] …` name a part of the repository. */
export function scopeOf(subject: string): string | undefined {
  const match = /^\s*(?:\w+\(([^)]{1,60})\)!?:|\[([^\]]{1,60})\]|([\w./,* -]{1,40}?):\s)/.exec(subject);
  const scope = match?.[1] ?? match?.[2] ?? match?.[3];
  return scope === undefined || /^(?:fix|feat|docs|chore|refactor|test|perf|build|ci|style)$/i.test(scope)
    ? undefined
    : scope;
}

function scopeScores(subject: string, view: View, index: ContentIndex): Float64Array {
  const scores = new Float64Array(view.paths.length);
  const scope = scopeOf(subject);
  if (scope === undefined) return scores;
  const terms = new Set([...countIdentifiers(scope).keys()].flatMap(termsOf));
  if (terms.size === 0) return scores;
  const hits = new Map<number, number>();
  for (const term of terms) {
    const documents = new Set<number>();
    for (const postings of [index.folders, index.names]) {
      const list = postings.list(term);
      for (let at = 0; at < list.length; at += 2) documents.add(list[at]!);
    }
    for (const document of documents) hits.set(document, (hits.get(document) ?? 0) + 1);
  }
  return Float64Array.from(view.pathNumbers, (number) => (hits.get(number) ?? 0) / terms.size);
}

/** The files of earlier commits whose messages are nearest to the question (cosine of tf-idf, cubed). */
function neighbourScores(
  terms: ReadonlyMap<string, number>,
  view: View,
  history: HistoryIndex,
): Float64Array {
  const scores = new Float64Array(view.paths.length);
  const { messages } = history;
  const { count, orderOf, touched } = view.past;
  const similarity = new Float64Array(count);
  const numbers = new Int32Array(count);
  let norm = 0;
  for (const [term, weight] of terms) {
    const list = messages.list(term);
    let frequency = 0;
    for (let at = 0; at < list.length; at += 2) if ((orderOf[list[at]!] ?? -1) >= 0) frequency++;
    if (frequency === 0) continue;
    const rarity = idf(count, frequency);
    norm += (weight * rarity) ** 2;
    for (let at = 0; at < list.length; at += 2) {
      // Commits that were read after this view was made have no place in it.
      const order = orderOf[list[at]!] ?? -1;
      if (order < 0) continue;
      similarity[order]! += weight * list[at + 1]! * rarity ** 2;
      numbers[order] = list[at]!;
    }
  }
  if (norm === 0) return scores;
  const best: { order: number; value: number }[] = [];
  similarity.forEach((value, order) => {
    if (value > 0)
      best.push({ order, value: value / Math.sqrt(norm * Math.max(1, messages.length(numbers[order]!))) });
  });
  best.sort((a, b) => b.value - a.value);
  const top = best[0]?.value ?? 1;
  for (const { order, value } of best.slice(0, NEIGHBOURS)) {
    const files = touched[order]!;
    const share = (value / top) ** 3 / Math.sqrt(Math.max(1, files.length));
    for (const file of files) scores[file]! += share;
  }
  return scores;
}

/** The compound identifiers of a question, whole: `parseHeader`, `max_age`. */
function identifierTerms(text: string): Map<string, number> {
  const terms = new Map<string, number>();
  for (const identifier of countIdentifiers(text).keys()) {
    const [whole, ...parts] = termsOf(identifier);
    if (whole !== undefined && parts.length > 0) terms.set(whole, 1);
  }
  return terms;
}

/** Each file as what was said of it: BM25 over the messages of the commits that changed it. */
function profileScores(terms: ReadonlyMap<string, number>, view: View, history: HistoryIndex): Float64Array {
  const { orderOf, touched, said } = view.past;
  let total = 0;
  let known = 0;
  for (const length of said) {
    total += length;
    if (length > 0) known++;
  }
  const average = Math.max(1, total / Math.max(1, known));
  const scores = new Float64Array(view.paths.length);
  const counts = new Float64Array(view.paths.length);
  for (const [term, weight] of terms) {
    const list = history.messages.list(term);
    const files: number[] = [];
    for (let at = 0; at < list.length; at += 2) {
      // Commits that were read after this view was made have no place in it.
      const order = orderOf[list[at]!] ?? -1;
      if (order < 0) continue;
      const numbers = touched[order]!;
      for (const file of numbers) {
        if (counts[file] === 0) files.push(file);
        counts[file]! += list[at + 1]! / Math.sqrt(numbers.length);
      }
    }
    const rarity = idf(known, files.length);
    for (const file of files) {
      const count = counts[file]!;
      scores[file]! +=
        (weight * rarity * 2.2 * count) / (count + 1.2 * (0.25 + (0.75 * said[file]!) / average));
      counts[file] = 0;
    }
  }
  return scores;
}

/** Files that used to change together with those that look best so far. */
function cochangeScores(first: Float64Array, view: View): Float64Array {
  const scores = new Float64Array(view.paths.length);
  const leaders = new Set(best(first, 3));
  for (const files of view.past.touched) {
    if (files.length < 2 || !files.some((file) => leaders.has(file))) continue;
    for (const file of files) scores[file]! += 1 / files.length;
  }
  return scores;
}

/** The places of the highest values above 0, highest first. */
function best(values: Float64Array, count: number): number[] {
  const places: number[] = [];
  values.forEach((value, place) => {
    if (value <= 0 || (places.length === count && value <= values[places.at(-1)!]!)) return;
    const at = places.findIndex((other) => values[other]! < value);
    places.splice(at === -1 ? places.length : at, 0, place);
    places.length = Math.min(places.length, count);
  });
  return places;
}
