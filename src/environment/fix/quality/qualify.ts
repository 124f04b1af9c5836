import type { Quality } from '../../task.ts';

/** The bar that a task has to pass. */
interface Bar {
  words: number;
  strength: number;
  lines: number;
}

const NORMAL: Bar = { words: 5, strength: 0, lines: 1 };
const STRICT: Bar = { words: 9, strength: 0.5, lines: 3 };

/** The reasons for which a task that works is not good enough. */
export const QUALITY_REASONS = {
  leak: 'the answer leaks',
  short: 'the statement is too short',
  overSpecified: 'tests want names or texts that nobody is told',
  weak: 'the tests do not notice changes of the fix',
  tiny: 'the fix is too small',
  trivial: 'a mechanical repair solves it',
} as const;

type QualityReason = (typeof QUALITY_REASONS)[keyof typeof QUALITY_REASONS];

/** Why a task does not pass a bar, each with what was seen. */
export function failings(
  quality: Omit<Quality, 'concerns'>,
  strict: boolean,
): { reason: QualityReason; detail: string }[] {
  const bar = strict ? STRICT : NORMAL;
  const { strength, leaks, specification, difficulty } = quality;
  const found: { reason: QualityReason; detail: string }[] = [];
  const add = (reason: QualityReason, detail: string) => found.push({ reason, detail });
  if (leaks.length > 0) add(QUALITY_REASONS.leak, leaks.join('; '));
  if (specification.words < bar.words) add(QUALITY_REASONS.short, `${specification.words} words`);
  if (specification.unsaid.length > 0)
    add(QUALITY_REASONS.overSpecified, specification.unsaid.slice(0, 8).join(', '));
  if (
    strength.share !== null &&
    (strict ? strength.share < bar.strength : strength.share === 0 && strength.mutants >= 3)
  )
    add(QUALITY_REASONS.weak, `${strength.killed} of ${strength.mutants} mutants are noticed`);
  if (strict && strength.share === null) add(QUALITY_REASONS.weak, 'no mutant of the fix could be tried');
  if (difficulty.lines < bar.lines) add(QUALITY_REASONS.tiny, `${difficulty.lines} lines`);
  if (strict && difficulty.trivial === true) add(QUALITY_REASONS.trivial, 'the baseline mutate solves it');
  return found;
}

/** A sentence for each thing that keeps a task from the strict bar. */
export function concernsOf(quality: Omit<Quality, 'concerns'>): string[] {
  return failings(quality, true).map(({ reason, detail }) => `${reason} (${detail})`);
}
