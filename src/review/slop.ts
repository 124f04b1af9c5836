import { type Copy, copiesFromRepository, copiesWithin } from './copies.ts';
import { deadNames } from './dead-code.ts';
import type { FileDiff } from './diff.ts';
import { hollowTests } from './hollow-tests.ts';

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
  'hollow-test': 'tests nothing that could fail',
  duplicate: 'repeats lines that are there already',
  'dead-code': 'is used by nothing',
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
/** What takes longer is not looked for. */
const MAX_MS = 4_000;

/** What is found in the lines that a change adds. */
export function slopIn(files: readonly FileDiff[]): SlopFinding[] {
  const findings: SlopFinding[] = [];
  for (const file of files) {
    const { path, hunks } = file;
    for (const { lines } of hunks)
      for (const { kind: is, text, new: line = 0 } of lines) {
        if (is !== 'added' || text.length > MAX_LINE) continue;
        for (const [kind, sign] of SIGNS) {
          if (kind === 'debug-print' && PRINTS.test(path)) continue;
          if (sign.test(text)) findings.push({ kind, path, line, text: text.trim().slice(0, 160) });
        }
      }
    for (const { line, text } of hollowTests(file)) findings.push({ kind: 'hollow-test', path, line, text });
  }
  return [...findings, ...copiesWithin(files).map(copied)];
}

function copied({ path, line, of }: Copy): SlopFinding {
  return { kind: 'duplicate', path, line, text: `as ${of}` };
}

/** What is looked through besides the change. */
export interface Surroundings {
  root: string;
  /** What the change is compared with, and where it ends; absent for the files as they are. */
  base: string;
  head: string | undefined;
  /** The text of a file after the change. */
  textOf(path: string): Promise<string | undefined>;
}

/** What a change adds, all told: also what only the rest of the repository can tell, in the time that there is. */
export async function slopAmong(
  files: readonly FileDiff[],
  { root, base, head, textOf }: Surroundings,
): Promise<{ findings: SlopFinding[]; delta: Record<SlopKind, number> }> {
  const signal = AbortSignal.timeout(MAX_MS);
  const before = files.map(turned);
  const [copies, dead, gone] = await Promise.all([
    copiesFromRepository(root, files, textOf, head, signal),
    deadNames(root, files, head, signal),
    deadNames(root, before, base, signal),
  ]);
  const findings: SlopFinding[] = [
    ...slopIn(files),
    ...copies.map(copied),
    ...dead.map(({ path, line, name, isTested }) => ({
      ...{ kind: 'dead-code' as const, path, line },
      text: isTested ? `${name}, but its tests` : name,
    })),
  ];
  const delta = Object.fromEntries(Object.keys(SLOP).map((kind) => [kind, 0])) as Record<SlopKind, number>;
  for (const { kind } of findings) delta[kind]++;
  for (const { kind } of slopIn(before)) delta[kind]--;
  delta['dead-code'] -= gone.length;
  return { findings, delta };
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
