import { type CodeToken, languageOf, tokensOf } from './code-colours.ts';
import type { Hunk } from './diff-rows.ts';

/** So many lines are looked at together; a hunk may be a file of thousands. */
const BLOCK = 200;

export interface LineColours {
  tokens: readonly CodeToken[];
  /** The part of the line in which it differs from the one that it takes the place of. */
  changed?: { start: number; end: number };
}

const known = new WeakMap<Hunk, Map<string, Promise<CodeToken[][]>>>();

/** What a line of a hunk is made of, as the code around it says. */
export async function coloursOf(path: string, hunk: Hunk, at: number): Promise<LineColours> {
  const { kind } = hunk.lines[at]!;
  const side = kind === 'removed' ? 'removed' : 'added';
  const block = Math.floor(at / BLOCK);
  const blocks = known.get(hunk) ?? new Map<string, Promise<CodeToken[][]>>();
  known.set(hunk, blocks);
  const key = `${side} ${block}`;
  const tokens = blocks.get(key) ?? tokensByLine(path, hunk, side, block * BLOCK);
  blocks.set(key, tokens);
  const changed = changedPart(hunk, at);
  return { tokens: (await tokens)[at - block * BLOCK] ?? [], ...(changed && { changed }) };
}

/** Of the lines of one side the pieces of each; those of the other side are as if they were not there. */
async function tokensByLine(
  path: string,
  { lines }: Hunk,
  side: 'added' | 'removed',
  from: number,
): Promise<CodeToken[][]> {
  const block = lines.slice(from, from + BLOCK);
  const starts: (number | undefined)[] = [];
  let code = '';
  for (const { kind, text } of block) {
    const isOwn = kind === 'context' || kind === side;
    starts.push(isOwn ? code.length : undefined);
    if (isOwn) code += `${text}\n`;
  }
  const tokens = await tokensOf(code, languageOf(path));
  let next = 0;
  return block.map(({ text }, index) => {
    const start = starts[index];
    if (start === undefined) return [];
    const end = start + text.length;
    while (next < tokens.length && tokens[next]!.end <= start) next++;
    const own: CodeToken[] = [];
    // A comment or a string may go on over several lines.
    for (let at = next; at < tokens.length && tokens[at]!.start < end; at++) {
      const { start: from, end: to, kind } = tokens[at]!;
      own.push({ kind, start: Math.max(0, from - start), end: Math.min(text.length, to - start) });
    }
    return own;
  });
}

/** A smaller share of what two lines have in common makes them two others. */
const LEAST_COMMON = 0.3;
/** In longer runs lines are taken in turn, as looking for those that are alike would take long. */
const MAX_RUN = 40;

interface Pair {
  removed: number;
  added: number;
  prefix: number;
  suffix: number;
}

const pairsOf = new WeakMap<Hunk, Pair[]>();

/**
 * In what a line differs from the one that it takes the place of: what is between the beginning and the end that they have
 * in common.
 *
 * @returns undefined where it takes the place of none
 */
export function changedPart(hunk: Hunk, at: number): { start: number; end: number } | undefined {
  const { lines } = hunk;
  if (lines[at]!.kind === 'context') return undefined;
  if (!pairsOf.has(hunk)) pairsOf.set(hunk, pairsIn(lines));
  const pair = pairsOf.get(hunk)!.find(({ removed, added }) => removed === at || added === at);
  if (!pair) return undefined;
  const { length } = lines[at]!.text;
  const part = { start: pair.prefix, end: length - pair.suffix };
  return part.start < part.end ? part : undefined;
}

/** Lines that were removed, each with the one of those right behind it that is most like it, in order. */
function pairsIn(lines: Hunk['lines']): Pair[] {
  const pairs: Pair[] = [];
  for (let at = 0; at < lines.length; ) {
    const start = at;
    while (lines[at]?.kind === 'removed') at++;
    const middle = at;
    while (lines[at]?.kind === 'added') at++;
    const isLong = at - start > MAX_RUN;
    for (let removed = start, next = middle; removed < middle && next < at; removed++) {
      const candidates = isLong ? [next] : Array.from({ length: at - next }, (_, index) => next + index);
      const [best] = candidates
        .map((added) => ({ removed, added, ...common(lines[removed]!.text, lines[added]!.text) }))
        .filter(({ share }) => share >= LEAST_COMMON)
        .sort((a, b) => b.share - a.share);
      if (best) {
        pairs.push(best);
        next = best.added + 1;
      } else if (isLong) next++;
    }
    if (at === start) at++;
  }
  return pairs;
}

/** How much of two texts is the same at their beginnings and ends. */
function common(a: string, b: string): { prefix: number; suffix: number; share: number } {
  const shorter = Math.min(a.length, b.length);
  let prefix = 0;
  while (prefix < shorter && a[prefix] === b[prefix]) prefix++;
  let suffix = 0;
  while (suffix < shorter - prefix && a.at(-1 - suffix) === b.at(-1 - suffix)) suffix++;
  return { prefix, suffix, share: (prefix + suffix) / Math.max(a.length, b.length, 1) };
}
