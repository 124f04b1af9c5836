import { loadTestDetection, type TestPlan, type TestReport } from '../../project/index.ts';
import type { Step } from '../environment.ts';
import { countWords } from '../localize/statement.ts';
import { routineOf } from '../routine-commits.ts';
import { SetupError } from '../setups.ts';
import { type FixTask, fixTaskId, type Quality } from '../task.ts';
import { canShiftClock, type TestRun, type TestRunRequest } from '../test-runs.ts';
import { withCanary } from './canary.ts';
import type { Change } from './changes.ts';
import type { Bench, Factory, GivenTests } from './factory.ts';
import { sizeOf } from './quality/difficulty.ts';
import { findLeaks } from './quality/leaks.ts';
import { concernsOf, failings } from './quality/qualify.ts';
import { unsaidNames } from './quality/specification.ts';
import { goldMutants, goldRepairs } from './quality/strength.ts';
import { FIX_REASONS, type FixReason } from './reasons.ts';
import { addedLines, fixStatement, isChangeLog } from './statement.ts';
import { type ChangeParts, judgedTree, partsOf, referenceTree } from './trees.ts';
import { definedName, definitionsIn } from './unchanged.ts';
import { splitTests, type TestSplit } from './verdict.ts';

export interface ExamineOptions {
  /** Repetitions of each side; at least 1. */
  repeats: number;
  /** Mutants of the gold patch that are run. */
  mutants: number;
  /** Seconds that a run of tests may take. */
  seconds: number;
  strict: boolean;
  given?: GivenTests;
}

export type Examined =
  | { task: Omit<FixTask, 'id'> & { id: string }; steps: Step[] }
  | { dropped: FixReason; detail: string; steps: Step[] };

const MAX_FILES = 60;
const MAX_PATCH = 400_000;
const MIN_WORDS = 5;
/** A suite that is run this often, at most, in so many seconds. */
const SUITE_SECONDS = 90;
/** A suite that takes longer is run only where the test files alone leave nothing that must go on passing. */
const QUICK_SUITE_SECONDS = 5;
/** Slower tests are not run in another order and at another time. */
const MAX_DISTURBED_SECONDS = 30;
/** All mutants of a fix together may take so long. */
const MUTANTS_SECONDS = 60;
/** A fix of more lines is none of one small change. */
const MAX_TRIVIAL_LINES = 6;
/** A run may take so many times as long as it took when it was examined, and a little for the start. */
const PATIENCE = 5;

/** The trees of a change, and how its tests are run on them. */
interface Sides {
  plan: TestPlan;
  bench: Bench;
  /** The test files that it touches and that can be run. */
  files: string[];
  base: string;
  reference: string;
  gold: string;
}

type RunOnce = (tree: string, what: string, more?: Partial<TestRunRequest>) => Promise<TestRun>;

/** Ends the examination: the change is no task. */
class Dropped extends Error {
  readonly reason: FixReason;
  readonly detail: string;
  constructor(reason: FixReason, detail: string) {
    super(reason);
    this.reason = reason;
    this.detail = detail;
  }
}

/**
 * Finds out whether a change is a task: first by what can be read, then by running its tests on the sides of it, then
 * by how good a task it is. Every run is kept, so that a second look costs nothing.
 *
 * @throws SandboxUnavailableError @throws SandboxFailedError and whatever breaks git
 */
export async function examineChange(
  factory: Factory,
  change: Change,
  options: ExamineOptions,
): Promise<Examined> {
  const examination = new Examination(factory, change, options);
  try {
    return { task: await examination.run(), steps: examination.steps };
  } catch (error) {
    if (error instanceof Dropped)
      return { dropped: error.reason, detail: error.detail, steps: examination.steps };
    throw error;
  }
}

class Examination {
  readonly steps: Step[] = [];
  readonly #factory: Factory;
  readonly #change: Change;
  readonly #options: ExamineOptions;

  constructor(factory: Factory, change: Change, options: ExamineOptions) {
    this.#factory = factory;
    this.#change = change;
    this.#options = options;
  }

  async run(): Promise<FixTask> {
    const { store, repository, identity, place } = this.#factory;
    const { kind, commit, subject, time } = this.#change;
    const base = this.#judgeMessage();
    const parts = await partsOf(store, base, commit);
    this.#judgeParts(parts);
    const reference = await referenceTree(store, base, commit);
    // Tests that stand in source files are the task's as well, and no part of the fix.
    const { tree: fixed } = await judgedTree(store, commit, base);
    const goldPatch = await store.diff(base, fixed, parts.source);
    const testPatch = await store.diff(base, reference);
    if (goldPatch.length + testPatch.length > MAX_PATCH)
      throw new Dropped(FIX_REASONS.huge, `${goldPatch.length + testPatch.length} characters of patch`);
    const { tree: gold } = await judgedTree(store, commit, reference);
    const statement = await this.#statement(base, parts, goldPatch);

    const { plan, bench, files } = await this.#prepare(parts);
    const sides: Sides = { plan, bench, files, base, reference, gold };
    let readable: Omit<Quality, 'concerns'> | undefined;
    const split = await this.#split(sides, async () => {
      const secret = await this.#secrets(base, commit, parts);
      readable = {
        strength: { killed: 0, mutants: 0, share: null },
        leaks: await findLeaks(place, repository, { base, commit, statement, goldPatch, secret }),
        specification: {
          words: countWords(statement),
          unsaid: await unsaidNames(repository, base, { statement, testPatch, goldPatch }),
        },
        difficulty: { ...sizeOf(goldPatch), trivial: null },
      };
      this.#mustBeGood(readable);
    });
    const { failToPass, passToPass, quarantined, scope } = split;
    const canaries = await this.#canaries({ ...sides, failToPass });
    const strength = await this.#strength({ ...sides, ...split, goldPatch });
    const trivial = await this.#trivial({ ...sides, ...split, goldPatch });
    const graded = { ...readable!, strength, difficulty: { ...readable!.difficulty, trivial } };
    this.#mustBeGood(graded);
    const { name, path } = repository;
    const content: Omit<FixTask, 'id'> = {
      kind: 'fix',
      repository: { name, path, identity },
      base,
      statement,
      tests: {
        plan,
        files,
        patch: testPatch,
        failToPass,
        passToPass,
        quarantined,
        scope,
        canaries,
        seconds: this.#options.seconds,
      },
      setup: {
        tool: bench.setup.plan?.tool ?? 'none',
        key: bench.prepared.key,
        commit,
        toolchain: bench.setup.toolchain,
        notes: bench.setup.plan?.notes ?? [],
      },
      gold: { patch: goldPatch },
      quality: { ...graded, concerns: concernsOf(graded) },
      source: { kind: kind === 'commit' ? 'commit' : 'merge', commit, time, subject },
    };
    return { id: fixTaskId(content), ...content };
  }

  #judgeMessage(): string {
    const { kind, base, message, authorName, authorEmail } = this.#change;
    if (kind === 'joint')
      throw new Dropped(FIX_REASONS.merge, 'its commits are changes themselves; --merges takes it as one');
    if (base === undefined) throw new Dropped(FIX_REASONS.first, '');
    const routine = routineOf({ message, authorName, authorEmail });
    if (routine) throw new Dropped(FIX_REASONS[routine.kind], routine.detail);
    return base;
  }

  #judgeParts({ source, tests, configuration, documents }: ChangeParts): void {
    if (source.length === 0)
      throw new Dropped(
        FIX_REASONS.noSource,
        [...tests, ...configuration, ...documents].slice(0, 5).join(', ') || 'no file',
      );
    if (tests.length === 0) throw new Dropped(FIX_REASONS.noTests, source.slice(0, 5).join(', '));
    const count = source.length + tests.length + configuration.length;
    if (count > MAX_FILES) throw new Dropped(FIX_REASONS.huge, `${count} files`);
  }

  async #statement(base: string, parts: ChangeParts, goldPatch: string): Promise<string> {
    const { store } = this.#factory;
    const logs = [...parts.documents, ...parts.source].filter(isChangeLog);
    const logged =
      logs.length === 0 ? [] : [...addedLines(await store.diff(base, this.#change.commit, logs))];
    const touched = [...parts.source, ...parts.tests];
    const statement = fixStatement(this.#change.message, touched, goldPatch, logged);
    const words = countWords(statement);
    if (words < MIN_WORDS)
      throw new Dropped(FIX_REASONS.short, `${words} words: ${JSON.stringify(statement)}`);
    return statement;
  }

  async #prepare(parts: ChangeParts): Promise<{ plan: TestPlan; bench: Bench; files: string[] }> {
    const { commit } = this.#change;
    const { isTestFile } = await loadTestDetection();
    const { MissingToolchainError } = await import('../../project/index.ts').then((project) =>
      project.loadSetups(),
    );
    const project = await this.#factory.filesAt(commit);
    const present = new Set(project.paths);
    const changed = parts.tests.filter((path) => present.has(path));
    if (changed.length === 0)
      throw new Dropped(FIX_REASONS.noTests, `only takes away: ${parts.tests.slice(0, 5).join(', ')}`);
    // Where only what tests share has changed, the whole suite tells.
    const plan =
      (await this.#factory.planFor(project, changed, this.#options.given)) ??
      (await this.#factory.planFor(project, project.paths, this.#options.given));
    if (!plan) throw new Dropped(FIX_REASONS.noRunner, parts.tests.slice(0, 5).join(', '));
    this.#note('tests', `${plan.runner} in ${plan.folder} (${plan.from})`);
    const files = changed.filter((path) => isTestFile(plan, path));
    try {
      const bench = await this.#factory.benchFor(commit, plan);
      const { toolchain } = bench.setup;
      const versions = Object.entries(toolchain).map(([name, version]) => `${name} ${version}`);
      this.#note(
        'set-up',
        [bench.setup.plan?.tool ?? 'nothing to install', bench.prepared.key, ...versions].join(', '),
      );
      for (const note of bench.setup.plan?.notes ?? []) this.#note('set-up', note);
      return { plan, bench, files };
    } catch (error) {
      if (error instanceof SetupError) {
        this.#note('set-up', error.message, error.log);
        throw new Dropped(FIX_REASONS.noSetup, error.message);
      }
      if (error instanceof MissingToolchainError) throw new Dropped(FIX_REASONS.noToolchain, error.message);
      throw error;
    }
  }

  /** Runs the sides of the change: once to see whether there is anything in it, then as often as it takes to be sure. */
  async #split(around: Sides, looksGood: () => Promise<void>) {
    const { plan, bench, files, base, reference, gold } = around;
    const { repeats, seconds } = this.#options;
    const once: RunOnce = (tree, what, more = {}) =>
      this.#test(
        what,
        {
          tree,
          plan,
          setup: bench.prepared,
          ...(files.length > 0 && plan.runner !== 'junit' && { files }),
          attempt: 1,
          seconds,
          ...more,
        },
        bench,
      );

    const after = await once(gold, 'with the fix');
    this.#mustHaveRun(after);
    const before = await once(reference, 'without the fix');
    const passing = new Set(
      after.report.cases.flatMap(({ id, outcome }) => (outcome === 'passed' ? [id] : [])),
    );
    if (passing.size === 0) throw new Dropped(FIX_REASONS.noTestPasses, describe(after));
    for (const { id, outcome } of before.report.cases) if (outcome === 'passed') passing.delete(id);
    // What loads on neither side has shown nothing.
    const isBroken = after.report.loadErrors.length > 0;
    if (passing.size === 0)
      throw new Dropped(isBroken ? FIX_REASONS.crashed : FIX_REASONS.passesBefore, describe(after));
    const parent = await this.#parent(around, [...passing], before, once);
    const isUnchanged = await this.#unchanged(base, files);
    const judge = (befores: readonly TestReport[], afters: readonly TestReport[]) =>
      splitTests({ before: befores, after: afters, parent, isUnchanged, fileOf: (id) => fileOf(plan, id) });
    this.#mustTell(judge([before.report], [after.report]));
    await looksGood();

    const suite = await this.#suite(around, after, before);
    const runs = { before: [suite?.before ?? before], after: [suite?.after ?? after] };
    const scope = suite ? { files: undefined } : {};
    for (let attempt = 2; attempt <= repeats; attempt++) {
      const more = (what: string) => [`${what}, ${attempt} of ${repeats}`, { ...scope, attempt }] as const;
      runs.after.push(await once(gold, ...more('with the fix')));
      runs.before.push(await once(reference, ...more('without the fix')));
    }
    const split = judge(
      runs.before.map((run) => run.report),
      runs.after.map((run) => run.report),
    );
    const disturbed = await this.#disturbed(around, once, scope, runs.after[0]!);
    const unsteady = new Map<string, 'flaky' | 'order' | 'time'>([
      ...disturbed,
      ...split.flaky.map((id) => [id, 'flaky'] as const),
    ]);
    const steady = (ids: readonly string[]) => ids.filter((id) => !unsteady.has(id));
    const failToPass = steady(split.failToPass);
    this.#note(
      'tests that tell',
      `${failToPass.length} fail without and pass with the fix, ${steady(split.passToPass).length} pass on both sides, ${unsteady.size} are not steady, ${split.failAfter.length} fail with the fix`,
    );
    if (failToPass.length === 0) {
      this.#mustTell(split);
      throw new Dropped(FIX_REASONS.flaky, split.failToPass.slice(0, 3).join(', '));
    }
    return {
      failToPass,
      passToPass: steady(split.passToPass),
      quarantined: [...unsteady].map(([id, why]) => ({ id, why })).sort((a, b) => (a.id < b.id ? -1 : 1)),
      scope: suite ? ('suite' as const) : ('files' as const),
      /** Seconds of one run of the test files. */
      seconds: Math.max(after.seconds, before.seconds),
    };
  }

  /** What the tests did before anybody touched them; asked only where some were not seen at all without the fix. */
  async #parent(
    { plan, base, files }: Sides,
    passing: readonly string[],
    before: TestRun,
    once: RunOnce,
  ): Promise<TestReport> {
    const nothing: TestReport = { cases: [], loadErrors: [], finished: true };
    const seen = new Set(before.report.cases.map(({ id }) => id));
    if (passing.every((id) => seen.has(id))) return nothing;
    const tree = await this.#factory.store.list(base);
    const old = files.filter((path) => tree.has(path));
    if (files.length > 0 && old.length === 0) return nothing;
    const scope = files.length > 0 && plan.runner !== 'junit' ? { files: old } : {};
    return (await once(base, 'the parent as it was', scope)).report;
  }

  #mustBeGood(quality: Omit<Quality, 'concerns'>): void {
    const [failing] = failings(quality, this.#options.strict);
    if (failing) throw new Dropped(failing.reason, failing.detail);
  }

  #mustHaveRun(run: TestRun): void {
    if (run.timedOut) throw new Dropped(FIX_REASONS.timedOut, describe(run));
    if (run.report.cases.length === 0) throw new Dropped(FIX_REASONS.crashed, describe(run));
  }

  #mustTell(split: TestSplit): void {
    if (split.failToPass.length > 0) return;
    if (split.flaky.length > 0) throw new Dropped(FIX_REASONS.flaky, split.flaky.slice(0, 3).join(', '));
    if (split.onlyLoadError.length > 0)
      throw new Dropped(FIX_REASONS.onlyLoads, split.onlyLoadError.slice(0, 3).join(', '));
    throw new Dropped(FIX_REASONS.passesBefore, 'what failed was hidden by a crash');
  }

  /** The whole suite, where it takes no longer than is worth it: it is what the fix must not break. */
  async #suite(
    { plan, bench, reference, gold }: { plan: TestPlan; bench: Bench; reference: string; gold: string },
    after: TestRun,
    before: TestRun,
  ): Promise<{ before: TestRun; after: TestRun } | undefined> {
    const { repeats, seconds } = this.#options;
    const allowed = Math.min(seconds, SUITE_SECONDS / (2 * repeats));
    if (plan.runner === 'junit' || after.seconds > allowed) return undefined;
    // Where a file holds one test, nothing of it could be broken: the suite is worth more time there.
    const alone = after.report.cases.every(
      ({ id, outcome }) => outcome !== 'passed' || !passedIn(before, id),
    );
    const request = { plan, setup: bench.prepared, attempt: 1, seconds: Math.ceil(allowed) };
    const suite = await this.#test('the suite with the fix', { tree: gold, ...request }, bench);
    const ids = new Set(suite.report.cases.map(({ id }) => id));
    const holdsAll = after.report.cases.every(({ id }) => ids.has(id));
    if (!suite.report.finished || !holdsAll || (suite.seconds > QUICK_SUITE_SECONDS && !alone))
      return undefined;
    const other = await this.#test('the suite without the fix', { tree: reference, ...request }, bench);
    return other.timedOut && !before.timedOut ? undefined : { after: suite, before: other };
  }

  /** Tests that end otherwise in another order, or at another time. */
  async #disturbed(
    { plan, gold }: { plan: TestPlan; gold: string },
    once: RunOnce,
    scope: Partial<TestRunRequest>,
    usual: TestRun,
  ): Promise<Map<string, 'order' | 'time'>> {
    const found = new Map<string, 'order' | 'time'>();
    if (this.#options.repeats < 2 || usual.seconds > MAX_DISTURBED_SECONDS) return found;
    const { runnerOf } = await import('../../project/index.ts').then((project) => project.loadRunners());
    const passed = usual.report.cases.filter(({ outcome }) => outcome === 'passed').map(({ id }) => id);
    const compare = (run: TestRun, why: 'order' | 'time') => {
      // A run that breaks as a whole says nothing about its tests.
      if (!run.report.finished) return;
      const outcomes = new Map(run.report.cases.map(({ id, outcome }) => [id, outcome]));
      for (const id of passed) if (outcomes.get(id) === 'failed') found.set(id, why);
    };
    if ((await runnerOf(plan.runner)).shuffles)
      compare(await once(gold, 'with the fix, in another order', { ...scope, shuffle: 7 }), 'order');
    if (canShiftClock())
      compare(await once(gold, 'with the fix, half a year later', { ...scope, shifted: true }), 'time');
    return found;
  }

  /** Whether what defines a test reads the same in the base's test files and in those of the fix. */
  async #unchanged(base: string, files: readonly string[]): Promise<(id: string) => boolean> {
    const { store } = this.#factory;
    const [before, after] = await Promise.all([store.list(base), store.list(this.#change.commit)]);
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

  /** The test files that a test which must fail can be put into, and is seen to fail there. */
  async #canaries(around: Sides & { failToPass: string[] }): Promise<string[]> {
    const { plan, bench, files, gold, failToPass } = around;
    const { store } = this.#factory;
    const planted = await plantCanaries(this.#factory, gold, plan, files, 'examined');
    if (planted.length === 0) return [];
    const tree = await store.change(gold, new Map(planted.map(({ path, entry }) => [path, entry])));
    const run = await this.#test(
      'with tests that must fail',
      { tree, plan, setup: bench.prepared, files, attempt: 1, seconds: this.#options.seconds },
      bench,
    );
    const outcomes = new Map(run.report.cases.map(({ id, outcome }) => [id, outcome]));
    // Where they disturb the others nothing is gained.
    if (!failToPass.every((id) => outcomes.get(id) === 'passed')) return [];
    return planted
      .filter(({ is }) => [...outcomes].some(([id, outcome]) => is(id) && outcome === 'failed'))
      .map(({ path }) => path);
  }

  async #strength(
    around: Sides & { goldPatch: string; failToPass: string[]; seconds: number },
  ): Promise<Quality['strength']> {
    const { plan, bench, files, gold, goldPatch, failToPass, seconds } = around;
    const most = Math.min(this.#options.mutants, Math.floor(MUTANTS_SECONDS / Math.max(0.1, seconds)));
    const mutants = await goldMutants(this.#factory.store, gold, goldPatch, most);
    let killed = 0;
    for (const { tree, path, mutant } of mutants) {
      const what = `a mutant of the fix: ${mutant.operator} in ${path}:${mutant.line}`;
      const run = await this.#test(
        what,
        {
          tree,
          plan,
          setup: bench.prepared,
          ...(files.length > 0 && plan.runner !== 'junit' && { files }),
          attempt: 1,
          seconds: Math.ceil(seconds) * PATIENCE + 10,
        },
        bench,
      );
      const outcomes = new Map(run.report.cases.map(({ id, outcome }) => [id, outcome]));
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
   */
  async #trivial(
    around: Sides & { goldPatch: string; failToPass: string[]; seconds: number },
  ): Promise<boolean | null> {
    const { plan, bench, files, reference, goldPatch, failToPass, seconds } = around;
    const size = sizeOf(goldPatch);
    if (size.hunks > 1 || size.lines > MAX_TRIVIAL_LINES) return null;
    const most = Math.min(this.#options.mutants * 2, Math.floor(MUTANTS_SECONDS / Math.max(0.1, seconds)));
    const repairs = await goldRepairs(this.#factory.store, reference, goldPatch);
    for (const { tree, path, mutant } of repairs.slice(0, most)) {
      const what = `a mechanical repair: ${mutant.operator} in ${path}:${mutant.line}`;
      const run = await this.#test(
        what,
        {
          tree,
          plan,
          setup: bench.prepared,
          ...(files.length > 0 && plan.runner !== 'junit' && { files }),
          attempt: 1,
          seconds: Math.ceil(seconds) * PATIENCE + 10,
        },
        bench,
      );
      const passed = new Set(
        run.report.cases.flatMap(({ id, outcome }) => (outcome === 'passed' ? [id] : [])),
      );
      if (failToPass.every((id) => passed.has(id))) return true;
    }
    return repairs.length > most ? null : false;
  }

  /** Contents that exist only since the fix. */
  async #secrets(base: string, commit: string, parts: ChangeParts): Promise<Set<string>> {
    const { store } = this.#factory;
    const [before, after] = await Promise.all([store.list(base), store.list(commit)]);
    const known = new Set([...before.values()].map(({ blob }) => blob));
    const ids = [...parts.source, ...parts.tests].flatMap((path) => after.get(path)?.blob ?? []);
    return new Set(ids.filter((blob) => !known.has(blob)));
  }

  async #test(what: string, request: TestRunRequest, bench: Bench): Promise<TestRun> {
    this.#factory.place.signal?.throwIfAborted();
    const run = await this.#factory.runs.kept(request, bench.setup);
    this.#note(what, `${run.command.join(' ')}: ${describe(run)}`, run.output);
    return run;
  }

  #note(what: string, detail: string, output?: string): void {
    this.steps.push({ what, detail, ...(output !== undefined && { output }) });
  }
}

function passedIn({ report }: TestRun, id: string): boolean {
  return report.cases.some((one) => one.id === id && one.outcome === 'passed');
}

/** Test files with a test in each that must fail. */
export async function plantCanaries(
  factory: Factory,
  treeish: string,
  plan: TestPlan,
  files: readonly string[],
  seed: string,
) {
  const { store } = factory;
  const tree = await store.list(treeish);
  const planted = [];
  for (const path of files) {
    const entry = tree.get(path);
    if (!entry) continue;
    const canary = withCanary(plan.runner, path, (await store.readBlob(entry.blob)).toString('utf8'), seed);
    if (canary)
      planted.push({
        path,
        is: canary.is,
        entry: { mode: entry.mode, blob: await store.writeBlob(canary.source) },
      });
  }
  return planted;
}

/** What a load error of a runner is named by: the file of an id, or its package. */
function fileOf(plan: TestPlan, id: string): string {
  const [file = ''] = id.split('::', 1);
  // unittest names modules.
  return plan.runner === 'unittest' ? `${id.split('.').slice(0, -2).join('/')}.py` : file;
}

/** A run in one line. */
export function describe({ report, seconds, timedOut, exceeded, exitCode }: TestRun): string {
  const count = (outcome: string) => report.cases.filter((one) => one.outcome === outcome).length;
  const facts = [`${count('passed')} passed`, `${count('failed')} failed`];
  if (count('skipped') > 0) facts.push(`${count('skipped')} skipped`);
  if (report.loadErrors.length > 0) facts.push(`${report.loadErrors.length} did not load`);
  if (timedOut) facts.push('timed out');
  else if (exceeded) facts.push(`used up its ${exceeded}`);
  else if (!report.finished) facts.push(`did not finish (exit code ${exitCode})`);
  return `${facts.join(', ')} in ${seconds.toFixed(1)} s`;
}
