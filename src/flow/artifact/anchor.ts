import { distance } from 'fastest-levenshtein';
import { z } from 'zod';
import type { Anchor } from '../../thread/index.ts';

const share = z.number().min(0).max(1);
const extent = z.number().gt(0).max(1);

/** What a comment is about, as it comes from outside. */
export const anchorSchema: z.ZodType<Anchor> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('whole') }),
  z.strictObject({
    kind: z.literal('text'),
    quote: z.string().min(1).max(10_000),
    prefix: z.string().max(200),
    suffix: z.string().max(200),
    line: z.int().positive(),
  }),
  z.strictObject({
    kind: z.literal('diff'),
    path: z.string().min(1),
    side: z.enum(['old', 'new']),
    line: z.int().positive(),
    text: z.string(),
    before: z.string(),
    after: z.string(),
  }),
  z.strictObject({
    ...{ kind: z.literal('region'), x: share, y: share, width: extent, height: extent },
    second: z.number().nonnegative().exactOptional(),
  }),
  z.strictObject({ kind: z.literal('question'), question: z.string().min(1) }),
]);

/** Characters of the text around a quote that tell it from others like it. */
const CONTEXT = 48;
/** A quote of which a larger share was changed is another one. */
const MAX_CHANGED = 0.4;
/** Longer quotes, and texts of more lines, are not searched for what is only similar. */
const MAX_SIMILAR = 2_000;
const MAX_LINES = 5_000;
/** Of the same words so many places are looked at. */
const MAX_PLACES = 200;

/** A place in a text: characters from `start` to before `end`. */
export interface Span {
  start: number;
  end: number;
}

/** An anchor that finds its place again in other versions of the text: its words, and some around them. */
export function anchorAt(text: string, { start, end }: Span): Extract<Anchor, { kind: 'text' }> {
  return {
    kind: 'text',
    quote: text.slice(start, end),
    prefix: text.slice(Math.max(0, start - CONTEXT), start),
    suffix: text.slice(end, end + CONTEXT),
    line: lineAt(text, start),
  };
}

/** An anchor at the first occurrence of some words, or at the one on a line; undefined where there is none. */
export function anchorOn(text: string, quote: string, line?: number) {
  const spans = occurrences(text, quote);
  const span = line === undefined ? spans[0] : spans.find(({ start }) => lineAt(text, start) === line);
  return span && anchorAt(text, span);
}

/**
 * Where an anchor's words are in a text: the same words where their surroundings are most alike, otherwise the lines
 * that are most similar. The idea of a quote with its context is that of the W3C's TextQuoteSelector (Web Annotation).
 *
 * @returns undefined where they are gone
 */
export function locate(anchor: Extract<Anchor, { kind: 'text' }>, text: string): Span | undefined {
  const { quote } = anchor;
  const spans = occurrences(text, quote);
  if (spans.length > 0) return best(spans, (span) => likeness(anchor, text, span));
  if (quote.length > MAX_SIMILAR) return undefined;
  return similar(anchor, text);
}

/** The number of the line that a character is on, from 1. */
export function lineAt(text: string, at: number): number {
  let line = 1;
  for (let end = text.indexOf('\n'); end !== -1 && end < at; end = text.indexOf('\n', end + 1)) line++;
  return line;
}

function occurrences(text: string, quote: string): Span[] {
  const spans: Span[] = [];
  if (quote === '') return spans;
  for (
    let start = text.indexOf(quote);
    start !== -1 && spans.length < MAX_PLACES;
    start = text.indexOf(quote, start + 1)
  )
    spans.push({ start, end: start + quote.length });
  return spans;
}

function best<T>(candidates: readonly T[], score: (candidate: T) => number): T {
  return candidates
    .map((candidate) => ({ candidate, score: score(candidate) }))
    .reduce((a, b) => (b.score > a.score ? b : a)).candidate;
}

/** How much of what stands around a span is what stood around the quote; nearer lines decide between equals. */
function likeness(anchor: Extract<Anchor, { kind: 'text' }>, text: string, { start, end }: Span): number {
  const before = text.slice(Math.max(0, start - CONTEXT), start);
  const after = text.slice(end, end + CONTEXT);
  let same = 0;
  while (
    same < Math.min(before.length, anchor.prefix.length) &&
    before.at(-1 - same) === anchor.prefix.at(-1 - same)
  )
    same++;
  let following = 0;
  while (
    following < Math.min(after.length, anchor.suffix.length) &&
    after[following] === anchor.suffix[following]
  )
    following++;
  const away = Math.abs(lineAt(text, start) - anchor.line);
  return same + following + 1 / (1 + away);
}

/** The lines that are most like those of the quote, where enough of it is left. */
function similar(anchor: Extract<Anchor, { kind: 'text' }>, text: string): Span | undefined {
  const lines = text.split('\n');
  const count = anchor.quote.split('\n').length;
  const wanted = squeezed(anchor.quote);
  if (wanted === '' || lines.length > MAX_LINES) return undefined;
  let found: { span: Span; changed: number; away: number } | undefined;
  let start = 0;
  for (let line = 0; line < lines.length; line++) {
    const own = lines.slice(line, line + count).join('\n');
    const given = squeezed(own.slice(0, 4 * MAX_SIMILAR));
    // A part of a line is compared with the part of the other that it is most like, at its place in it.
    const changed =
      Math.abs(given.length - wanted.length) > wanted.length && count === 1
        ? partChanged(wanted, given)
        : distance(wanted, given) / Math.max(wanted.length, given.length, 1);
    const away = Math.abs(line + 1 - anchor.line);
    if (
      changed <= MAX_CHANGED &&
      (!found || changed < found.changed || (changed === found.changed && away < found.away))
    )
      found = { span: { start, end: start + own.length }, changed, away };
    start += lines[line]!.length + 1;
  }
  return found?.span;
}

/** The share of a short text that would have to be changed to stand somewhere in a long one. */
function partChanged(wanted: string, given: string): number {
  if (given.length < wanted.length) return 1;
  let least = 1;
  const step = Math.max(1, Math.floor(wanted.length / 4));
  for (let at = 0; at + wanted.length <= given.length + step; at += step)
    least = Math.min(least, distance(wanted, given.slice(at, at + wanted.length)) / wanted.length);
  return least;
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
