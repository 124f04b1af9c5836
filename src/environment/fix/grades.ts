import { outcomesOf, passedIn } from '../../project/index.ts';
import type { Quality } from '../task.ts';
import { plantCanaries } from './plant.ts';
import { sizeOf } from './quality/difficulty.ts';
import { goldMutants, goldRepairs } from './quality/strength.ts';
import { runOn, type Sides, type SureSplit } from './sides.ts';

/** All mutants of a fix together may take so long. */
const MUTANTS_SECONDS = 60;
/** A fix of more lines is none of one small change. */
const MAX_TRIVIAL_LINES = 6;

/** A run may take so many times as long as the one before, and a little for the start. */
function patience(seconds: number): number {
  return Math.ceil(seconds) * 5 + 10;
}

/** The test files that a test which must fail can be put into, and is seen to fail there. */
export async function canariesOf(sides: Sides, failToPass: readonly string[]): Promise<string[]> {
  const { factory, plan, files, gold } = sides;
  const { store } = factory;
  const planted = await plantCanaries(factory, gold, plan, files, 'examined');
  if (planted.length === 0) return [];
  const tree = await store.change(gold, new Map(planted.map(({ path, entry }) => [path, entry])));
  const run = await runOn(sides, tree, 'with tests that must fail');
  const outcomes = outcomesOf(run.report);
  // Where they disturb the others nothing is gained.
  if (!failToPass.every((id) => outcomes.get(id) === 'passed')) return [];
  return planted
    .filter(({ is }) => [...outcomes].some(([id, outcome]) => is(id) && outcome === 'failed'))
    .map(({ path }) => path);
}

/** The share of the mutants of a fix that its tests notice. @param wanted mutants that are run */
export async function strengthOf(
  sides: Sides,
  { failToPass, seconds }: SureSplit,
  goldPatch: string,
  wanted: number,
): Promise<Quality['strength']> {
  const most = Math.min(wanted, Math.floor(MUTANTS_SECONDS / Math.max(0.1, seconds)));
  const mutants = await goldMutants(sides.factory.store, sides.gold, goldPatch, most);
  let killed = 0;
  for (const { tree, path, mutant } of mutants) {
    const what = `a mutant of the fix: ${mutant.operator} in ${path}:${mutant.line}`;
    const run = await runOn(sides, tree, what, { seconds: patience(seconds) });
    const outcomes = outcomesOf(run.report);
    if (failToPass.some((id) => outcomes.get(id) !== 'passed')) killed++;
  }
  return {
    killed,
    mutants: mutants.length,
    share: mutants.length === 0 ? null : Math.round((killed / mutants.length) * 1000) / 1000,
  };
}

/**
 * Whether one small mechanical change, where the fix changes something, makes the tests pass: what the baseline
 * `mutate` would find if it were told the place. Null where the fix is too large to be asked.
 *
 * @param wanted changes that are tried
 */
export async function isTrivial(
  sides: Sides,
  { failToPass, seconds }: SureSplit,
  goldPatch: string,
  wanted: number,
): Promise<boolean | null> {
  const size = sizeOf(goldPatch);
  if (size.hunks > 1 || size.lines > MAX_TRIVIAL_LINES) return null;
  const most = Math.min(wanted, Math.floor(MUTANTS_SECONDS / Math.max(0.1, seconds)));
  const repairs = await goldRepairs(sides.factory.store, sides.reference, goldPatch);
  for (const { tree, path, mutant } of repairs.slice(0, most)) {
    const what = `a mechanical repair: ${mutant.operator} in ${path}:${mutant.line}`;
    const run = await runOn(sides, tree, what, { seconds: patience(seconds) });
    const passed = passedIn(run.report);
    if (failToPass.every((id) => passed.has(id))) return true;
  }
  return repairs.length > most ? null : false;
}
