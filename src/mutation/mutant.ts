/** How a mutant differs from its source, as mutation testing names it. */
export const OPERATORS = [
  'wrong operator',
  'off by one',
  'negated condition',
  'removed branch',
  'removed guard',
  'swapped arguments',
  'dropped await',
  'removed call',
  'wrong constant',
  'lost return value',
] as const;
export type OperatorName = (typeof OPERATORS)[number];

/** One small change to a source. */
export interface Mutant {
  operator: OperatorName;
  /** UTF-16 offsets into the source; what stands between them is replaced. */
  start: number;
  end: number;
  replacement: string;
  /** From 1. */
  line: number;
  /** What stood there, in one line. */
  was: string;
}

/** The source with a mutant in it. */
export function applyMutant(source: string, { start, end, replacement }: Mutant): string {
  return source.slice(0, start) + replacement + source.slice(end);
}
