/** Characters around a quote that tell it from others like it. */
const CONTEXT = 48;

/**
 * An anchor for words that a person has selected in what is shown of a Markdown text; undefined where the text does not hold
 * them as they are.
 */
export function quoteAnchor(text: string, selected: string) {
  const quote = selected.trim();
  const start = quote === '' ? -1 : text.indexOf(quote);
  if (start === -1) return undefined;
  const end = start + quote.length;
  return {
    kind: 'text' as const,
    quote,
    prefix: text.slice(Math.max(0, start - CONTEXT), start),
    suffix: text.slice(end, end + CONTEXT),
    line: text.slice(0, start).split('\n').length,
  };
}
