import { QUALITY_REASONS } from './quality/qualify.ts';

/** The reasons for which a change is no `fix` task, in the order in which they are asked. */
export const FIX_REASONS = {
  first: 'no commit before it',
  merge: 'merge',
  bot: 'made by a bot',
  version: 'version bump or release',
  revert: 'revert',
  noSource: 'changes no source file',
  noTests: 'changes no tests',
  huge: 'too large',
  duplicate: 'same statement as a later change',
  unreadable: 'git cannot read all of it',
  noRunner: 'no test runner is known',
  noToolchain: 'its language is not installed',
  noSetup: 'could not set up',
  crashed: 'the tests crashed',
  timedOut: 'the tests took too long',
  noTestPasses: 'no test of it passes with the fix',
  passesBefore: 'the tests pass without the fix',
  onlyLoads: 'only a load error tells the sides apart',
  flaky: 'the tests that tell are flaky',
  ...QUALITY_REASONS,
} as const;
export type FixReason = (typeof FIX_REASONS)[keyof typeof FIX_REASONS];

/** Verdicts that say nothing about the change, only that it could not be judged here. */
export const UNJUDGED: ReadonlySet<string> = new Set([
  FIX_REASONS.unreadable,
  FIX_REASONS.noRunner,
  FIX_REASONS.noToolchain,
  FIX_REASONS.noSetup,
  FIX_REASONS.crashed,
  FIX_REASONS.timedOut,
]);
