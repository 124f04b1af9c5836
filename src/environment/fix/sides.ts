import { loadRunners, outcomesOf, passedIn, type TestPlan, type TestReport } from '../../project/index.ts';
import type { BuildFolders } from '../build-folders.ts';
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
  /** What building leaves for later runs of the same tree. */
  builds: BuildFolders;
  /** Repetitions of each side. */
  repeats: number;
  /** Seconds that a run may take. */
  seconds: number;
  /** Writes down what was done. */
  note(what: string, detail: string, output?: string): void;
}

/** A run may take so many times as long as the one before, and a little for the start. */
export function patience(seconds: number): number {
  return Math.ceil(seconds) * 5 + 10;
}

/** Which tests tell the sides of a change apart, surely. */
export type SureSplit = Pick<FixTask['tests'], 'failToPass' | 'passToPass' | 'quarantined' | 'scope'> & {
  /** Seconds of one run of the test files. */
  seconds: number;
};

/** One run of the tests of a change. */
export interface WantedRun {
  tree: string;
  /** For a person. */
  what: string;
  /** Where it differs from the test files that the change touches, once, on the tree. */
  more?: Partial<TestRunRequest>;
}

/**
 * Runs the tests that a change touches on trees, as many at once as there are cores; a run that was made before is not
 * made again. They are written down in the order in which they were asked for.
 */
export async function runAll(sides: Sides, wanted: readonly WantedRun[]): Promise<TestRun[]> {
  const { factory, plan, bench, files, seconds, note } = sides;
  factory.place.signal?.throwIfAborted();
  const scope = files.length > 0 && plan.runner !== 'junit' ? { files } : {};
  const given = { plan, setup: bench.prepared, ...scope, attempt: 1, seconds };
  const runs = await allOf(
    wanted.map(({ tree, more }) => factory.runs.kept({ ...given, tree, ...more }, bench.setup)),
  );
  for (const [at, run] of runs.entries())
    note(wanted[at]!.what, `${run.command.join(' ')}: ${describe(run)}`, run.output);
  return runs;
}

/** What became of all of them, not before the last has ended: a run that is left behind would use what is removed. */
export async function allOf<T extends readonly Promise<unknown>[] | []>(work: T) {
  await Promise.allSettled(work);
  return Promise.all(work);
}

/**
 * Runs the sides of a change: once to see whether there is anything in it, then as often as it takes to be sure.
 *
 * @param looksGood is asked before what takes long, with the seconds of one run of the test files; throws where it does
 *   not
 * @throws Dropped
 */
export async function splitSides(
  sides: Sides,
  looksGood: (seconds: number) => Promise<void>,
): Promise<SureSplit> {
  const { plan, reference, gold, builds } = sides;
  const [after, before] = (await runAll(sides, [
    { tree: gold, what: 'with the fix', more: { builds } },
    { tree: reference, what: 'without the fix', more: { builds } },
  ])) as [TestRun, TestRun];
  mustHaveRun(after);
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
  // Without the fix it may hang.
  const { seconds } = after;
  await looksGood(seconds);

  const suite = await suiteRun(sides, after, before);
  let runs = suite && (await repeat(sides, { files: undefined, seconds: suite.limit }, { after: suite.run }));
  // A suite that hangs without the fix would hide what fails there.
  if (!runs || (runs.before[0]!.timedOut && !before.timedOut))
    runs = await repeat(sides, {}, { after, before });
  const isSuite = runs.before[0] !== before;
  const split = judge(
    runs.before.map((run) => run.report),
    runs.after.map((run) => run.report),
  );
  const unsteady = new Map<string, 'flaky' | 'order' | 'time'>([
    ...runs.disturbed,
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
    scope: isSuite ? ('suite' as const) : ('files' as const),
    seconds,
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
  const [run] = await runAll(sides, [{ tree: base, what: 'the parent as it was', more: scope }]);
  return run!.report;
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

/** The whole suite with the fix, where it takes no longer than is worth it: it is what the fix must not break. */
async function suiteRun(
  sides: Sides,
  after: TestRun,
  before: TestRun,
): Promise<{ run: TestRun; limit: number } | undefined> {
  const { plan, gold, builds, repeats, seconds } = sides;
  const allowed = Math.min(seconds, SUITE_SECONDS / (2 * repeats));
  if (plan.runner === 'junit' || after.seconds > allowed) return undefined;
  // Where a file holds one test, nothing of it could be broken: the suite is worth more time there.
  const passedBefore = passedIn(before.report);
  const alone = after.report.cases.every(({ id, outcome }) => outcome !== 'passed' || !passedBefore.has(id));
  // One that turns out to be too slow is not run to its end.
  const limit = Math.ceil(alone ? allowed : Math.min(allowed, QUICK_SUITE_SECONDS));
  const more = { files: undefined, seconds: limit, builds };
  const [run] = await runAll(sides, [{ tree: gold, what: 'the suite with the fix', more }]);
  const ids = new Set(run!.report.cases.map(({ id }) => id));
  const holdsAll = after.report.cases.every(({ id }) => ids.has(id));
  return run!.report.finished && holdsAll ? { run: run!, limit } : undefined;
}

/**
 * Runs both sides as often as was asked for, and the fix disturbed.
 *
 * @param first those that were made already
 */
async function repeat(
  sides: Sides,
  scope: Partial<TestRunRequest>,
  first: { after: TestRun; before?: TestRun },
): Promise<{ before: TestRun[]; after: TestRun[]; disturbed: [string, 'order' | 'time'][] }> {
  const { gold, reference, builds, repeats } = sides;
  const [after, before]: [WantedRun[], WantedRun[]] = [[], []];
  for (let attempt = 1; attempt <= repeats; attempt++) {
    const of = `${attempt} of ${repeats}`;
    const more = { ...scope, builds, attempt };
    if (attempt > 1) after.push({ tree: gold, what: `with the fix, ${of}`, more });
    // What hangs without the fix need not be waited for as long as a run may take.
    const seconds = more.seconds ?? Math.min(sides.seconds, patience(first.after.seconds));
    if (attempt > 1 || !first.before)
      before.push({ tree: reference, what: `without the fix, ${of}`, more: { ...more, seconds } });
  }
  const disturbances = await disturbancesOf(sides, { ...scope, builds }, first.after);
  const made = await runAll(sides, [...before, ...after, ...disturbances.map(({ run }) => run)]);
  const count = before.length + after.length;
  return {
    before: [...(first.before ? [first.before] : []), ...made.slice(0, before.length)],
    after: [first.after, ...made.slice(before.length, count)],
    disturbed: disturbances.flatMap(({ why }, at) => disturbedBy(made[count + at]!, first.after, why)),
  };
}

/** Runs of the fix in another order and at another time, where they can be made and are worth it. */
async function disturbancesOf(
  { plan, gold, repeats }: Sides,
  scope: Partial<TestRunRequest>,
  usual: TestRun,
): Promise<{ why: 'order' | 'time'; run: WantedRun }[]> {
  if (repeats < 2 || usual.seconds > MAX_DISTURBED_SECONDS) return [];
  const { runnerOf } = await loadRunners();
  const found: { why: 'order' | 'time'; run: WantedRun }[] = [];
  if ((await runnerOf(plan.runner)).shuffles) {
    const more = { ...scope, shuffle: 7 };
    found.push({ why: 'order', run: { tree: gold, what: 'with the fix, in another order', more } });
  }
  if (canShiftClock()) {
    const more = { ...scope, shifted: true };
    found.push({ why: 'time', run: { tree: gold, what: 'with the fix, half a year later', more } });
  }
  return found;
}

/** Tests that pass as usual and fail when they are disturbed. */
function disturbedBy(run: TestRun, usual: TestRun, why: 'order' | 'time'): [string, 'order' | 'time'][] {
  // A run that breaks as a whole says nothing about its tests.
  if (!run.report.finished) return [];
  const outcomes = outcomesOf(run.report);
  return [...passedIn(usual.report)]
    .filter((id) => outcomes.get(id) === 'failed')
    .map((id): [string, 'order' | 'time'] => [id, why]);
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
