import type { FileDiff } from './diff.ts';

/** What a change adds that a reader pays for later. */
export interface SlopFinding {
  kind: SlopKind;
  path: string;
  /** After the change. */
  line: number;
  text: string;
}

export const SLOP = {
  suppression: 'silences a check',
  cast: 'looks away from types',
  'skipped-test': 'skips a test',
  'empty-catch': 'swallows an error',
  'debug-print': 'prints what was of use once',
  todo: 'leaves something to do',
  duplicate: 'repeats lines of the same change',
} as const;
export type SlopKind = keyof typeof SLOP;

const SIGNS: readonly [SlopKind, RegExp][] = [
  [
    'suppression',
    /@ts-(?:ignore|expect-error|nocheck)|eslint-disable|biome-ignore|(?:#|\/\/)\s*(?:noqa|nolint|type:\s*ignore|pragma:\s*no cover|rubocop:disable)|#!?\[allow\(|@SuppressWarnings|NOSONAR/,
  ],
  [
    'cast',
    /\bas\s+(?:any|unknown\s+as)\b|:\s*any\b(?=\s*[,;)=])|<any>|\.unwrap\(\)|\btyping\.cast\(|interface\{\}|!!\./,
  ],
  [
    'skipped-test',
    /\b(?:it|test|describe|context)\.(?:skip|only|todo)\b|\bx(?:it|describe|test)\(|@(?:pytest\.mark\.skip|unittest\.skip|Ignore|Disabled)\b|\bt\.Skip\(|#\[ignore\]/,
  ],
  [
    'empty-catch',
    /\bcatch\s*(?:\([^)]*\))?\s*\{\s*\}|\bexcept\b[^:]*:\s*pass\b|\.catch\(\s*(?:\(\s*\w*\s*\)|\w+)\s*=>\s*(?:\{\s*\}|undefined|null)\s*\)/,
  ],
  [
    'debug-print',
    /\bconsole\.(?:log|debug)\(|\bdebugger\b|^\s*print\(|\bdbg!\(|\bfmt\.Print(?:ln|f)?\(|\bSystem\.out\.print/,
  ],
  ['todo', /\b(?:TODO|FIXME|XXX|HACK)\b/],
];
/** Longer lines are nobody's writing, and searching them takes long. */
const MAX_LINE = 1_000;
/** Where printing is what a file is for. */
const PRINTS = /(?:^|\/)(?:scripts?|bin|cli|bench(?:es|marks?)?|examples?|cmd)\//;
/** So many lines in a row, the same in two places, were copied. */
const COPIED = 6;

/** What is found in the lines that a change adds. */
export function slopIn(files: readonly FileDiff[]): SlopFinding[] {
  const findings: SlopFinding[] = [];
  for (const { path, hunks } of files)
    for (const { lines } of hunks)
      for (const { kind: is, text, new: line = 0 } of lines) {
        if (is !== 'added' || text.length > MAX_LINE) continue;
        for (const [kind, sign] of SIGNS) {
          if (kind === 'debug-print' && PRINTS.test(path)) continue;
          if (sign.test(text)) findings.push({ kind, path, line, text: text.trim().slice(0, 160) });
        }
      }
  return [...findings, ...copies(files)];
}

/** How many there are of each kind, less those that the change takes away. */
export function slopDelta(files: readonly FileDiff[]): Record<SlopKind, number> {
  const delta = Object.fromEntries(Object.keys(SLOP).map((kind) => [kind, 0])) as Record<SlopKind, number>;
  for (const { kind } of slopIn(files)) delta[kind]++;
  for (const { kind } of slopIn(files.map(turned))) delta[kind]--;
  return delta;
}

/** The change the other way round. */
function turned(file: FileDiff): FileDiff {
  const lines = (hunk: FileDiff['hunks'][number]) =>
    hunk.lines.map((line) => {
      const kind = line.kind === 'added' ? 'removed' : line.kind === 'removed' ? 'added' : 'context';
      const { old, new: next, text } = line;
      return {
        kind,
        text,
        ...(next !== undefined && { old: next }),
        ...(old !== undefined && { new: old }),
      } as const;
    });
  return { ...file, hunks: file.hunks.map((hunk) => ({ ...hunk, lines: lines(hunk) })) };
}

/** Blocks of added lines that stand in two places of the change. */
function copies(files: readonly FileDiff[]): SlopFinding[] {
  const seen = new Map<string, string>();
  const findings: SlopFinding[] = [];
  for (const { path, hunks } of files) {
    for (const { lines } of hunks) {
      const added = lines.filter(({ kind, text }) => kind === 'added' && /\w/.test(text));
      let skip = 0;
      for (let at = 0; at + COPIED <= added.length; at++) {
        const block = added.slice(at, at + COPIED);
        const key = block.map(({ text }) => text.trim()).join('\n');
        const line = block[0]!.new ?? 0;
        const first = seen.get(key);
        if (first === undefined) seen.set(key, `${path}:${line}`);
        else if (at >= skip) {
          findings.push({ kind: 'duplicate', path, line, text: `as ${first}` });
          skip = at + COPIED;
        }
      }
    }
  }
  return findings;
}
