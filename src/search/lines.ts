import { queryTerms, termsOf } from './tokenize.ts';

/** A line that matters to a question. */
export interface MatchingLine {
  /** From 1. */
  line: number;
  text: string;
}

const MAX_TEXT = 200;
const IDENTIFIER = /[A-Za-z][A-Za-z0-9_]*/g;

/**
 * The lines of a text that say most of a question: rare words count more than frequent ones, definitions more than
 * uses, and each further line counts for what it adds.
 */
export function linesThatMatter(text: string, question: string, most = 3): MatchingLine[] {
  const wanted = queryTerms(question);
  const lines = text.split('\n');
  const found = lines.map((line) => {
    const terms = new Set<string>();
    if (line.length < 5_000) {
      for (const [identifier] of line.matchAll(IDENTIFIER)) {
        for (const term of termsOf(identifier)) if (wanted.has(term)) terms.add(term);
      }
    }
    return terms;
  });
  const frequency = new Map<string, number>();
  for (const terms of found) for (const term of terms) frequency.set(term, (frequency.get(term) ?? 0) + 1);
  const rarity = (term: string) => wanted.get(term)! / Math.sqrt(frequency.get(term)!);
  const said = new Map<string, number>();
  const chosen: number[] = [];
  while (chosen.length < most) {
    let best = -1;
    let bestValue = 0;
    found.forEach((terms, line) => {
      if (terms.size === 0 || chosen.includes(line)) return;
      let value = DEFINES.test(lines[line]!) ? 0.1 : 0;
      for (const term of terms) value += rarity(term) / (1 + 2 * (said.get(term) ?? 0));
      if (value > bestValue) [best, bestValue] = [line, value];
    });
    if (best === -1) break;
    chosen.push(best);
    for (const term of found[best]!) said.set(term, (said.get(term) ?? 0) + 1);
  }
  return chosen
    .sort((a, b) => a - b)
    .map((line) => ({ line: line + 1, text: lines[line]!.trim().slice(0, MAX_TEXT) }));
}

const DEFINES =
  /^\s*(?:export |pub |public |private |static |async )*(?:function|class|def|fn|func|struct|interface|type|enum|trait|const)\b/;
