import { git } from '../git/index.ts';
import type { FileDiff } from './diff.ts';

/** So many lines in a row, the same in two places, were copied. */
const COPIED = 6;
/** A shorter line is in too many places to be looked for. */
const MIN_ANCHOR = 16;
const MAX_ANCHORS = 200;
/** Of one line so many places are looked at. */
const MAX_PLACES = 20;

/** Lines that a change adds and that stand somewhere else as well. */
export interface Copy {
  path: string;
  line: number;
  /** Where they stand as well: `path:line`. */
  of: string;
}

type Line = { text: string; line: number };

/** The lines that say something, of those that a hunk adds. */
function addedIn({ lines }: FileDiff['hunks'][number]): Line[] {
  return lines
    .filter(({ kind, text }) => kind === 'added' && /\w/.test(text))
    .map(({ text, new: line = 0 }) => ({ text: text.trim(), line }));
}

/** Blocks of added lines that stand in two places of the change. */
export function copiesWithin(files: readonly FileDiff[]): Copy[] {
  const seen = new Map<string, string>();
  const copies: Copy[] = [];
  for (const { path, hunks } of files)
    for (const hunk of hunks) {
      const added = addedIn(hunk);
      let skip = 0;
      for (let at = 0; at + COPIED <= added.length; at++) {
        const key = added
          .slice(at, at + COPIED)
          .map(({ text }) => text)
          .join('\n');
        const { line } = added[at]!;
        const of = seen.get(key);
        if (of === undefined) seen.set(key, `${path}:${line}`);
        else if (at >= skip) {
          copies.push({ path, line, of });
          skip = at + COPIED;
        }
      }
    }
  return copies;
}

/**
 * Blocks of added lines that the repository had already, in a place that the change leaves as it is.
 *
 * @param textOf the text of a file after the change; undefined where there is none
 * @param head where the change ends; absent for the files as they are
 */
export async function copiesFromRepository(
  root: string,
  files: readonly FileDiff[],
  textOf: (path: string) => Promise<string | undefined>,
  head: string | undefined,
  signal: AbortSignal,
): Promise<Copy[]> {
  const blocks = files.flatMap(({ path, hunks }) =>
    hunks.flatMap((hunk) => {
      const added = addedIn(hunk);
      return Array.from({ length: Math.max(0, added.length - COPIED + 1) }, (_, at) =>
        blockOf(path, added.slice(at, at + COPIED)),
      );
    }),
  );
  const anchors = new Map<string, (typeof blocks)[number][]>();
  for (const block of blocks) {
    if (block.anchor.length < MIN_ANCHOR) continue;
    const known = anchors.get(block.anchor);
    if (known) known.push(block);
    else if (anchors.size < MAX_ANCHORS) anchors.set(block.anchor, [block]);
  }
  if (anchors.size === 0) return [];
  const wanted = [...anchors.keys()].flatMap((anchor) => ['-e', anchor]);
  const where = head === undefined ? ['--untracked'] : [head];
  const args = ['grep', '-I', '-n', '-z', '-F', '--no-color', '--full-name', ...wanted, ...where, '--'];
  const printed = await git(root, args, { signal }).catch(() => '');
  const isAdded = new Set(
    files.flatMap(({ path, hunks }) =>
      hunks.flatMap(({ lines }) =>
        lines.flatMap(({ kind, new: line }) => (kind === 'added' ? [`${path}\0${line}`] : [])),
      ),
    ),
  );
  const copies = new Map<string, Copy>();
  const places = new Map<string, number>();
  const texts = new Map<string, Line[]>();
  for (const row of printed.split('\n')) {
    const [named = '', number = '', text = ''] = row.split('\0');
    const path = head === undefined ? named : named.slice(head.length + 1);
    const anchor = text.trim();
    const count = places.get(anchor) ?? 0;
    if (!anchors.has(anchor) || isAdded.has(`${path}\0${number}`) || count >= MAX_PLACES) continue;
    places.set(anchor, count + 1);
    if (!texts.has(path)) texts.set(path, linesOf((await textOf(path)) ?? ''));
    const lines = texts.get(path)!;
    const here = lines.findIndex(({ line }) => line === Number(number));
    for (const { path: of, lines: own, offset } of anchors.get(anchor)!) {
      const start = here - offset;
      if (here === -1 || start < 0 || !own.every(({ text: one }, at) => lines[start + at]?.text === one))
        continue;
      const key = `${of}:${own[0]!.line}`;
      if (!copies.has(key))
        copies.set(key, { path: of, line: own[0]!.line, of: `${path}:${lines[start]!.line}` });
    }
  }
  return apart([...copies.values()]);
}

/** Lines with the one of them that is most its own, and where among them that is. */
function blockOf(path: string, lines: Line[]) {
  const anchor = lines.reduce((a, b) => (b.text.length > a.text.length ? b : a));
  return { path, lines, anchor: anchor.text, offset: lines.indexOf(anchor) };
}

function linesOf(text: string): Line[] {
  return text
    .split('\n')
    .map((line, at) => ({ text: line.trim(), line: at + 1 }))
    .filter(({ text: one }) => /\w/.test(one));
}

/** Of blocks that overlap the first: a long copy is one. */
function apart(copies: Copy[]): Copy[] {
  const kept: Copy[] = [];
  for (const copy of copies.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line))) {
    const last = kept.at(-1);
    if (last?.path !== copy.path || copy.line >= last.line + COPIED) kept.push(copy);
  }
  return kept;
}
