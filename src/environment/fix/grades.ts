import { outcomesOf, passedIn } from '../../project/index.ts';
import type { Quality } from '../task.ts';
import type { TestRun } from '../test-runs.ts';
import { plantCanaries } from './plant.ts';
import { sizeOf } from './quality/difficulty.ts';
import { type GoldMutant, goldMutants, goldRepairs } from './quality/strength.ts';
import { patience, runAll, type Sides, type SureSplit } from './sides.ts';

/** All mutants of a fix together may take so long. */
const MUTANTS_SECONDS = 60;
/** A fix of more lines is none of one small change. */
const MAX_TRIVIAL_LINES = 6;
/** So many repairs are tried before it is asked whether one of them was enough. */
const REPAIRS_AT_ONCE = 4;

/** The test files that a test which must fail can be put into, and is seen to fail there. */
export async function canariesOf(sides: Sides, failToPass: readonly string[]): Promise<string[]> {
  const { factory, plan, files, gold } = sides;
  const { store } = factory;
  const planted = await plantCanaries(factory, gold, plan, files, 'examined');
  if (planted.length === 0) return [];
  const tree = await store.change(gold, new Map(planted.map(({ path, entry }) => [path, entry])));
  const [run] = await runAll(sides, [{ tree, what: 'with tests that must fail' }]);
  const outcomes = outcomesOf(run!.report);
  // Where they disturb the others nothing is gained.
  if (!failToPass.every((id) => outcomes.get(id) === 'passed')) return [];
  return planted
    .filter(({ is }) => [...outcomes].some(([id, outcome]) => is(id) && outcome === 'failed'))
    .map(({ path }) => path);
}

/** Runs the tests on mutants of a fix. @param seconds of one run @param wanted mutants that are run */
export async function runMutantsOf(
  sides: Sides,
  seconds: number,
  goldPatch: string,
  wanted: number,
): Promise<TestRun[]> {
  const most = Math.min(wanted, Math.floor(MUTANTS_SECONDS / Math.max(0.1, seconds)));
  const mutants = await goldMutants(sides.factory.store, sides.gold, goldPatch, most);
  return runMutants(sides, mutants, 'a mutant of the fix', seconds);
}

/** The share of the mutants of a fix that its tests notice. */
export function strengthOf(runs: readonly TestRun[], failToPass: readonly string[]): Quality['strength'] {
  const killed = runs.filter((run) => !passesAll(run, failToPass)).length;
  const share = runs.length === 0 ? null : Math.round((killed / runs.length) * 1000) / 1000;
  return { killed, mutants: runs.length, share };
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
  const tried = repairs.slice(0, most);
  for (let at = 0; at < tried.length; at += REPAIRS_AT_ONCE) {
    const some = tried.slice(at, at + REPAIRS_AT_ONCE);
    const runs = await runMutants(sides, some, 'a mechanical repair', seconds);
    if (runs.some((run) => passesAll(run, failToPass))) return true;
  }
  return repairs.length > most ? null : false;
}

function passesAll({ report }: TestRun, ids: readonly string[]): boolean {
  const passed = passedIn(report);
  return ids.every((id) => passed.has(id));
}

function runMutants(
  sides: Sides,
  mutants: readonly GoldMutant[],
  what: string,
  seconds: number,
): Promise<TestRun[]> {
  return runAll(
    sides,
    mutants.map(({ tree, path, mutant }) => ({
      tree,
      what: `${what}: ${mutant.operator} in ${path}:${mutant.line}`,
      more: { seconds: patience(seconds) },
    })),
  );
}
