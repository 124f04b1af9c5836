import type { ContentIndex } from './content-index.ts';
import type { HistoryIndex, Past } from './history-index.ts';
import { bm25, idf, type Population, populationOf, type Postings } from './postings.ts';
import { countIdentifiers, queryTerms, termsOf } from './tokenize.ts';

/** What speaks for a file, each signal in 0..1 over the files of one commit. */
export const SIGNALS = [
  'content',
  'coverage',
  'folders',
  'name',
  'scope',
  'definitions',
  'neighbours',
  'recency',
  'changes',
  'cochange',
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

export function viewOf(index: ContentIndex, files: readonly { path: string; blob: string }[], past: Past): View {
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
  const byDocument = (scores: Float64Array) => Float64Array.from(view.documents, (number) => scores[number] ?? 0);
  const byPath = (scores: Float64Array) => Float64Array.from(view.pathNumbers, (number) => scores[number] ?? 0);

  const content = normalise(byDocument(bm25(index.content, view.content, terms, CONTENT)));
  const folders = normalise(byPath(bm25(index.folders, view.folders, terms, SHORT)));
  const name = normalise(byPath(bm25(index.names, view.names, terms, SHORT)));
  const definitions = normalise(byDocument(bm25(index.definitions, view.definitions, terms, SHORT)));
  const coverage = byDocument(coverageOf(index.content, view.content, terms));
  const neighbours = normalise(neighbourScores(terms, view, history));
  const first = Float64Array.from(content, (value, file) => value + folders[file]! + name[file]! + neighbours[file]!);
  return {
    content,
    coverage,
    folders,
    name,
    scope: scopeScores(subject, view, index),
    definitions,
    neighbours,
    recency: Float64Array.from(view.paths, (path) => 1 / (1 + (view.past.lastChange.get(path) ?? 5_000) / 50)),
    changes: normalise(Float64Array.from(view.paths, (path) => Math.log1p(view.past.changes.get(path) ?? 0))),
    cochange: normalise(cochangeScores(first, view)),
  };
}

function normalise(values: Float64Array): Float64Array {
  let max = 0;
  for (const value of values) if (value > max) max = value;
  return max === 0 ? values : values.map((value) => value / max);
}

/** The share of the question, by information, that a document says at all. */
function coverageOf(postings: Postings, population: Population, terms: ReadonlyMap<string, number>): Float64Array {
  const scores = new Float64Array(postings.size);
  let total = 0;
  for (const term of terms.keys()) {
    const list = postings.list(term);
    let frequency = 0;
    for (let at = 0; at < list.length; at += 2) if (population.alive[list[at]!]) frequency++;
    if (frequency === 0) continue;
    const weight = idf(population.count, frequency);
    total += weight;
    for (let at = 0; at < list.length; at += 2) if (population.alive[list[at]!]) scores[list[at]!]! += weight;
  }
  return total === 0 ? scores : scores.map((value) => value / total);
}

/** `fix(router): …`, `net/http: …` and `[core] …` name a part of the repository. */
export function scopeOf(subject: string): string | undefined {
  const match = /^\s*(?:\w+\(([^)]{1,60})\)!?:|\[([^\]]{1,60})\]|([\w./,* -]{1,40}?):\s)/.exec(subject);
  const scope = match?.[1] ?? match?.[2] ?? match?.[3];
  return scope === undefined || /^(?:fix|feat|docs|chore|refactor|test|perf|build|ci|style)$/i.test(scope) ? undefined : scope;
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
function neighbourScores(terms: ReadonlyMap<string, number>, view: View, history: HistoryIndex): Float64Array {
  const scores = new Float64Array(view.paths.length);
  const { messages } = history;
  const { commits, currentPath } = view.past;
  const place = new Map(commits.map((commit, order) => [commit.number, order]));
  const similarity = new Float64Array(commits.length);
  let norm = 0;
  for (const [term, weight] of terms) {
    const list = messages.list(term);
    const hits: [order: number, count: number][] = [];
    for (let at = 0; at < list.length; at += 2) {
      const order = place.get(list[at]!);
      if (order !== undefined) hits.push([order, list[at + 1]!]);
    }
    if (hits.length === 0) continue;
    const rarity = idf(commits.length, hits.length);
    norm += (weight * rarity) ** 2;
    for (const [order, count] of hits) similarity[order]! += weight * count * rarity ** 2;
  }
  if (norm === 0) return scores;
  const best = [...similarity.keys()]
    .filter((order) => similarity[order]! > 0)
    .map((order) => {
      const length = messages.length(commits[order]!.number);
      return { order, value: similarity[order]! / Math.sqrt(norm * Math.max(1, length)) };
    })
    .sort((a, b) => b.value - a.value)
    .slice(0, NEIGHBOURS);
  const files = new Map(view.paths.map((path, file) => [path, file]));
  const top = best[0]?.value ?? 1;
  for (const { order, value } of best) {
    const touched = commits[order]!.files.map((path) => files.get(currentPath(path))).filter((file) => file !== undefined);
    const share = (value / top) ** 3 / Math.sqrt(Math.max(1, touched.length));
    for (const file of touched) scores[file]! += share;
  }
  return scores;
}

/** Files that used to change together with those that look best so far. */
function cochangeScores(first: Float64Array, view: View): Float64Array {
  const scores = new Float64Array(view.paths.length);
  const top = [...first.keys()].sort((a, b) => first[b]! - first[a]!).slice(0, 3);
  const leaders = new Set(top.filter((file) => first[file]! > 0).map((file) => view.paths[file]!));
  const together = new Map<string, number>();
  for (const commit of view.past.commits) {
    const paths = commit.files.map(view.past.currentPath);
    if (paths.length < 2 || !paths.some((path) => leaders.has(path))) continue;
    for (const path of paths) together.set(path, (together.get(path) ?? 0) + 1 / paths.length);
  }
  view.paths.forEach((path, file) => {
    scores[file] = together.get(path) ?? 0;
  });
  return scores;
}
