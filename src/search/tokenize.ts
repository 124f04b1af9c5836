import { stemmer } from 'stemmer';

/** Longer ones are data: hashes, base64, minified names. */
const MAX_IDENTIFIER = 48;
const IDENTIFIER = /[A-Za-z][A-Za-z0-9_]*|[\u00c0-\u024f\u0370-\u1fff\u3040-\u9fff\uac00-\ud7af]+/g;
const PART = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\x00-\x7f]+|\d+/g;

/** Words that say nothing about a place in code. They count in files, not in questions. */
const STOP = new Set(
  `a about after again all also an and any are as at be because been before being but by can cannot could did do does
  doing don done down during each few for from further get had has have having he her here how i if in into is it its
  itself just let like make made me more most my no nor not now of off on once only or other our out over own same
  should so some such than that the their them then there these they this those through to too under until up use used
  uses using very was we were what when where which while who why will with without would you your fix fixes fixed bug
  bugs issue issues add adds added adding feat chore refactor instead ensure via etc when ever`
    .split(/\s+/)
    .map((word) => stemmer(word)),
);

/**
 * The terms of an identifier: itself in lower case, and its parts (camelCase, snake_case, digits apart), stemmed
 * after Porter (1980). `parseHTTPHeaders` gives `parsehttpheaders`, `pars`, `http`, `header`.
 */
export function termsOf(identifier: string): string[] {
  const parts = identifier.match(PART) ?? [];
  const terms = new Set<string>();
  if (parts.length > 1) terms.add(identifier.toLowerCase());
  for (const part of parts) {
    const lower = part.toLowerCase();
    if (lower.length > 1) terms.add(stemmer(lower));
  }
  return [...terms];
}

/** Visits every identifier of a text, as often as it occurs. */
export function eachIdentifier(text: string, visit: (identifier: string) => void): void {
  IDENTIFIER.lastIndex = 0;
  for (let match = IDENTIFIER.exec(text); match; match = IDENTIFIER.exec(text)) {
    const identifier = match[0];
    if (identifier.length >= 2 && identifier.length <= MAX_IDENTIFIER) visit(identifier);
  }
}

/** How often each identifier occurs in a text. */
export function countIdentifiers(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  eachIdentifier(text, (identifier) => counts.set(identifier, (counts.get(identifier) ?? 0) + 1));
  return counts;
}

/** The terms of a question with their weights: stop words left out, each term as often as it is said. */
export function queryTerms(text: string): Map<string, number> {
  const terms = new Map<string, number>();
  for (const [identifier, count] of countIdentifiers(text)) {
    for (const term of termsOf(identifier)) {
      if (!STOP.has(term)) terms.set(term, (terms.get(term) ?? 0) + count);
    }
  }
  return terms;
}

/** The terms of a path: its folders and its name, without the extension. */
export function pathTerms(path: string): { folders: string[]; name: string[] } {
  const slash = path.lastIndexOf('/');
  const base = path.slice(slash + 1);
  const dot = base.indexOf('.', 1);
  const terms = (text: string) => [...countIdentifiers(text).keys()].flatMap(termsOf);
  return {
    folders: slash === -1 ? [] : terms(path.slice(0, slash)),
    name: terms(dot === -1 ? base : base.slice(0, dot)),
  };
}
