import { loadRunners, outcomesOf, passedIn, type TestPlan, type TestReport } from '../../project/index.ts';
import type { FixTask } from '../task.ts';
import { canShiftClock, type TestRun, type TestRunRequest } from '../test-runs.ts';
import { describe } from './describe-run.ts';
import { Dropped } from './dropped.ts';
import type { Bench, Factory } from './factory.ts';
import { FIX_REASONS } from './reasons.ts';
import { definedName, definitionsIn } from './unchanged.ts';
import { splitTests, type TestSplit } from './verdict.ts';

/** A suite that is run this often, at most, in so many seconds. */
const SUITE_SECONDS = 90;
/** A suite that takes longer is run only where the test files alone leave nothing that must go on passing. */
const QUICK_SUITE_SECONDS = 5;
/** Slower tests are not run in another order and at another time. */
const MAX_DISTURBED_SECONDS = 30;

/** The trees of a change, and how its tests are run on them. */
export interface Sides {
  factory: Factory;
  plan: TestPlan;
  bench: Bench;
  /** The test files that it touches and that can be run; empty for the whole suite. */
  files: string[];
  /** The parent as it was. */
  base: string;
  /** The base with the tests of the fix. */
  reference: string;
  /** The fix. */
  gold: string;
  commit: string;
  /** Repetitions of each side. */
  repeats: number;
  /** Seconds that a run may take. */
  seconds: number;
  /** Writes down what was done. */
  note(what: string, detail: string, output?: string): void;
}

/** Which tests tell the sides of a change apart, surely. */
export type SureSplit = Pick<FixTask['tests'], 'failToPass' | 'passToPass' | 'quarantined' | 'scope'> & {
  /** Seconds of one run of the test files. */
  seconds: number;
};

/** Runs the tests that a change touches on a tree, or what `more` says; a run that was made before is not made again. */
export async function runOn(
  { factory, plan, bench, files, seconds, note }: Sides,
  tree: string,
  what: string,
  more: Partial<TestRunRequest> = {},
): Promise<TestRun> {
  factory.place.signal?.throwIfAborted();
  const scope = files.length > 0 && plan.runner !== 'junit' ? { files } : {};
  const request = { tree, plan, setup: bench.prepared, ...scope, attempt: 1, seconds, ...more };
  const run = await factory.runs.kept(request, bench.setup);
  note(what, `${run.command.join(' ')}: ${describe(run)}`, run.output);
  return run;
}

/**
 * Runs the sides of a change: once to see whether there is anything in it, then as often as it takes to be sure.
 *
 * @param looksGood is asked before what takes long; throws where it does not
 * @throws Dropped
 */
export async function splitSides(sides: Sides, looksGood: () => Promise<void>): Promise<SureSplit> {
  const { plan, reference, gold, repeats } = sides;
  const after = await runOn(sides, gold, 'with the fix');
  mustHaveRun(after);
  const before = await runOn(sides, reference, 'without the fix');
  const passing = passedIn(after.report);
  if (passing.size === 0) throw new Dropped(FIX_REASONS.noTestPasses, describe(after));
  for (const { id, outcome } of before.report.cases) if (outcome === 'passed') passing.delete(id);
  // What loads on neither side has shown nothing.
  const isBroken = after.report.loadErrors.length > 0;
  if (passing.size === 0)
    throw new Dropped(isBroken ? FIX_REASONS.crashed : FIX_REASONS.passesBefore, describe(after));
  const parent = await parentReport(sides, [...passing], before);
  const isUnchanged = await unchangedTests(sides);
  const judge = (befores: readonly TestReport[], afters: readonly TestReport[]) =>
    splitTests({ before: befores, after: afters, parent, isUnchanged, fileOf: (id) => fileOf(plan, id) });
  mustTell(judge([before.report], [after.report]));
  await looksGood();

  const suite = await suiteRuns(sides, after, before);
  const runs = { before: [suite?.before ?? before], after: [suite?.after ?? after] };
  const scope = suite ? { files: undefined } : {};
  for (let attempt = 2; attempt <= repeats; attempt++) {
    const more = (what: string) => [`${what}, ${attempt} of ${repeats}`, { ...scope, attempt }] as const;
    runs.after.push(await runOn(sides, gold, ...more('with the fix')));
    runs.before.push(await runOn(sides, reference, ...more('without the fix')));
  }
  const split = judge(
    runs.before.map((run) => run.report),
    runs.after.map((run) => run.report),
  );
  const disturbed = await disturbedTests(sides, scope, runs.after[0]!);
  const unsteady = new Map<string, 'flaky' | 'order' | 'time'>([
    ...disturbed,
    ...split.flaky.map((id) => [id, 'flaky'] as const),
  ]);
  const steady = (ids: readonly string[]) => ids.filter((id) => !unsteady.has(id));
  const failToPass = steady(split.failToPass);
  sides.note(
    'tests that tell',
    `${failToPass.length} fail without and pass with the fix, ${steady(split.passToPass).length} pass on both sides, ${unsteady.size} are not steady, ${split.failAfter.length} fail with the fix`,
  );
  if (failToPass.length === 0) {
    mustTell(split);
    throw new Dropped(FIX_REASONS.flaky, split.failToPass.slice(0, 3).join(', '));
  }
  return {
    failToPass,
    passToPass: steady(split.passToPass),
    quarantined: [...unsteady].map(([id, why]) => ({ id, why })).sort((a, b) => (a.id < b.id ? -1 : 1)),
    scope: suite ? ('suite' as const) : ('files' as const),
    seconds: Math.max(after.seconds, before.seconds),
  };
}

/** What the tests did before anybody touched them; asked only where some were not seen at all without the fix. */
async function parentReport(sides: Sides, passing: readonly string[], before: TestRun): Promise<TestReport> {
  const { factory, plan, base, files } = sides;
  const nothing: TestReport = { cases: [], loadErrors: [], finished: true };
  const seen = new Set(before.report.cases.map(({ id }) => id));
  if (passing.every((id) => seen.has(id))) return nothing;
  const tree = await factory.store.list(base);
  const old = files.filter((path) => tree.has(path));
  if (files.length > 0 && old.length === 0) return nothing;
  const scope = files.length > 0 && plan.runner !== 'junit' ? { files: old } : {};
  return (await runOn(sides, base, 'the parent as it was', scope)).report;
}

function mustHaveRun(run: TestRun): void {
  if (run.timedOut) throw new Dropped(FIX_REASONS.timedOut, describe(run));
  if (run.report.cases.length === 0) throw new Dropped(FIX_REASONS.crashed, describe(run));
}

function mustTell(split: TestSplit): void {
  if (split.failToPass.length > 0) return;
  if (split.flaky.length > 0) throw new Dropped(FIX_REASONS.flaky, split.flaky.slice(0, 3).join(', '));
  if (split.onlyLoadError.length > 0)
    throw new Dropped(FIX_REASONS.onlyLoads, split.onlyLoadError.slice(0, 3).join(', '));
  throw new Dropped(FIX_REASONS.passesBefore, 'what failed was hidden by a crash');
}

/** The whole suite, where it takes no longer than is worth it: it is what the fix must not break. */
async function suiteRuns(
  sides: Sides,
  after: TestRun,
  before: TestRun,
): Promise<{ before: TestRun; after: TestRun } | undefined> {
  const { plan, gold, reference, repeats, seconds } = sides;
  const allowed = Math.min(seconds, SUITE_SECONDS / (2 * repeats));
  if (plan.runner === 'junit' || after.seconds > allowed) return undefined;
  // Where a file holds one test, nothing of it could be broken: the suite is worth more time there.
  const passedBefore = passedIn(before.report);
  const alone = after.report.cases.every(({ id, outcome }) => outcome !== 'passed' || !passedBefore.has(id));
  const whole = { files: undefined, seconds: Math.ceil(allowed) };
  const suite = await runOn(sides, gold, 'the suite with the fix', whole);
  const ids = new Set(suite.report.cases.map(({ id }) => id));
  const holdsAll = after.report.cases.every(({ id }) => ids.has(id));
  if (!suite.report.finished || !holdsAll || (suite.seconds > QUICK_SUITE_SECONDS && !alone))
    return undefined;
  const other = await runOn(sides, reference, 'the suite without the fix', whole);
  return other.timedOut && !before.timedOut ? undefined : { after: suite, before: other };
}

/** Tests that end otherwise in another order, or at another time. */
async function disturbedTests(
  sides: Sides,
  scope: Partial<TestRunRequest>,
  usual: TestRun,
): Promise<Map<string, 'order' | 'time'>> {
  const found = new Map<string, 'order' | 'time'>();
  const { plan, gold, repeats } = sides;
  if (repeats < 2 || usual.seconds > MAX_DISTURBED_SECONDS) return found;
  const { runnerOf } = await loadRunners();
  const passed = usual.report.cases.filter(({ outcome }) => outcome === 'passed').map(({ id }) => id);
  const compare = (run: TestRun, why: 'order' | 'time') => {
    // A run that breaks as a whole says nothing about its tests.
    if (!run.report.finished) return;
    const outcomes = outcomesOf(run.report);
    for (const id of passed) if (outcomes.get(id) === 'failed') found.set(id, why);
  };
  if ((await runnerOf(plan.runner)).shuffles)
    compare(await runOn(sides, gold, 'with the fix, in another order', { ...scope, shuffle: 7 }), 'order');
  if (canShiftClock())
    compare(await runOn(sides, gold, 'with the fix, half a year later', { ...scope, shifted: true }), 'time');
  return found;
}

/** Whether what defines a test reads the same in the base's test files and in those of the fix. */
async function unchangedTests({ factory, base, commit, files }: Sides): Promise<(id: string) => boolean> {
  const { store } = factory;
  const [before, after] = await Promise.all([store.list(base), store.list(commit)]);
  const changed = new Set<string>();
  for (const path of files) {
    const texts = await Promise.all(
      [before.get(path), after.get(path)].map(async (entry) =>
        definitionsIn(path, entry === undefined ? '' : (await store.readBlob(entry.blob)).toString('utf8')),
      ),
    );
    const [a, b] = texts as [Map<string, string[]>, Map<string, string[]>];
    for (const [name, definitions] of b)
      if (JSON.stringify(a.get(name)) !== JSON.stringify(definitions)) changed.add(name);
  }
  return (id) => !changed.has(definedName(id));
}

/** What a load error of a runner is named by: the file of an id, or its package. */
function fileOf(plan: TestPlan, id: string): string {
  const [file = ''] = id.split('::', 1);
  // unittest names modules.
  return plan.runner === 'unittest' ? `${id.split('.').slice(0, -2).join('/')}.py` : file;
}
