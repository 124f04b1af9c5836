import type { Span } from './source-map.ts';

/** Characters around a quote that tell it from others like it. */
const CONTEXT = 48;

/** An anchor for a part of a text, which finds its place again in other versions. */
export function quoteAnchor(text: string, { start, end }: Span) {
  return {
    kind: 'text' as const,
    quote: text.slice(start, end),
    prefix: text.slice(Math.max(0, start - CONTEXT), start),
    suffix: text.slice(end, end + CONTEXT),
    line: text.slice(0, start).split('\n').length,
  };
}

/** A piece of Markdown as one reads it, for a line of its own. */
export function wordsOf(markdown: string): string {
  return markdown
    .replace(/!?\[([^\]\n]*)\]\([^)\n]*\)/g, '$1')
    .replace(/\*\*|__|`+|^#+\s+|^\s*[-*]\s+/gm, '');
}

/** Where words stand in a text, whatever their case. */
export function placesOf(text: string, words: string): Span[] {
  const [within, wanted] = [text.toLowerCase(), words.trim().toLowerCase()];
  const found: Span[] = [];
  // Of some letters the small one is longer: places would be others.
  if (wanted === '' || within.length !== text.length) return found;
  for (let at = within.indexOf(wanted); at !== -1; at = within.indexOf(wanted, at + wanted.length))
    found.push({ start: at, end: at + wanted.length });
  return found;
}
