import type { Token, Tokens } from 'marked';

/** A place in a text: characters from `start` to before `end`. */
export interface Span {
  start: number;
  end: number;
}

/** A token that knows where it begins in its source. */
type Placed = Token & { at?: number };

/**
 * Notes for each word, piece of code and escaped sign where it begins in the Markdown that it was made from. Marked tells
 * the source of a token, without what lists and quotes put before its lines; so tokens are looked for one after the other.
 */
export function place(tokens: readonly Token[], source: string): void {
  let cursor = 0;
  const one = (token: Placed): void => {
    const found = token.raw === '' ? -1 : source.indexOf(token.raw, cursor);
    const end = found === -1 ? undefined : found + token.raw.length;
    if (found !== -1) cursor = found;
    const inner = innerOf(token);
    if (inner.length > 0) for (const child of inner) one(child);
    else if (isShown(token)) {
      const offsets = offsetsOf(source, found === -1 ? cursor : wordsIn(token, source, found), token.text);
      token.at = offsets[0] ?? cursor;
      cursor = (offsets.at(-1) ?? cursor) + 1;
    }
    if (end !== undefined) cursor = end;
  };
  for (const token of tokens) one(token);
}

function innerOf(token: Token): Token[] {
  if (token.type === 'list') return (token as Tokens.List).items;
  if (token.type === 'table') {
    const { header, rows } = token as Tokens.Table;
    return [header, ...rows].flat().flatMap(({ tokens }) => tokens);
  }
  return ('tokens' in token && token.tokens) || [];
}

function isShown(token: Token): token is Token & { text: string } {
  return /^(?:text|escape|codespan|code|html)$/.test(token.type);
}

/** Where the words of a token begin: behind what opens it. */
function wordsIn({ type, raw, text }: Token & { text: string }, source: string, at: number): number {
  if (type === 'code') {
    const fence = /^ {0,3}(?:`{3,}|~{3,})[^\n]*\n/.exec(raw)?.[0] ?? '';
    return at + fence.length;
  }
  const inner = raw.indexOf(text);
  return inner === -1 ? at : source.indexOf(text, at + inner) === at + inner ? at + inner : at;
}

const ENTITY = /^&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,31});/i;

/** Entities by what they are shown as, where that is a sign of Markdown or of markup. */
const SIGNS: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" };

/** Of each character that is shown the place in the source that it stands for, from a place on. */
export function offsetsOf(source: string, from: number, shown: string): number[] {
  const offsets: number[] = [];
  let at = from;
  for (let index = 0; index < shown.length; index++) {
    const wanted = shown[index]!;
    if (/\s/.test(wanted)) {
      offsets.push(at);
      // Blanks before a line that goes on in a list are not shown.
      if (/\s/.test(source[at] ?? '')) at++;
      continue;
    }
    const entity = ENTITY.exec(source.slice(at, at + 40))?.[0];
    const isEntity =
      entity !== undefined &&
      !shown.startsWith(entity, index) &&
      (source[at] !== wanted || source[at + 1] !== shown[index + 1] || SIGNS[entity] === wanted);
    if (isEntity) {
      offsets.push(at);
      at += entity.length;
      continue;
    }
    const found = source.indexOf(wanted, at);
    // What is not there in the source stands where the one before it does.
    if (found === -1) offsets.push(Math.min(at, source.length));
    else {
      offsets.push(found);
      at = found + 1;
    }
  }
  return offsets;
}
