import { createHash } from 'node:crypto';
import { git, type Repository, resolveCommit } from '../../../git/index.ts';
import { applyMutant, type Mutant, mutantsOf } from '../../../mutation/index.ts';
import {
  loadTestDetection,
  outcomesOf,
  passedIn,
  type TestCase,
  type TestPlan,
} from '../../../project/index.ts';
import type { Candidate, MineOptions, Step } from '../../environment.ts';
import { countWords } from '../../localize/statement.ts';
import type { Place } from '../../place.ts';
import { type FixTask, fixTaskId } from '../../task.ts';
import type { TestRun } from '../../test-runs.ts';
import { describe } from '../describe-run.ts';
import { type Bench, Factory, type GivenTests, setupOf } from '../factory.ts';
import { sizeOf } from '../quality/difficulty.ts';
import { findLeaks } from '../quality/leaks.ts';
import { roleOf } from '../roles.ts';
import { startOver } from '../start-over.ts';
import { bugStatement } from './statement.ts';

export interface BugMineOptions extends MineOptions {
  place: Place;
  /** The commit to put bugs into; default HEAD. */
  at?: string;
  /** How many mutants one bug is made of; 1 for single ones. */
  combine?: number;
  /** Mutants that are tried before it gives up. */
  tries?: number;
  seconds?: number;
  repeats?: number;
  given?: GivenTests;
  jobs?: number;
}

/** The reasons for which a mutant is no task, in the order in which they are asked. */
export const BUG_REASONS = {
  breaksLoading: 'the tests do not load with it',
  hangs: 'the tests do not end with it',
  unnoticed: 'no test notices it',
  breaksAll: 'most tests fail with it',
  flaky: 'tests that notice it are flaky',
  leaks: 'the answer can be found',
  duplicate: 'the same tests fail as with another one',
} as const;

/** A suite that bugs cannot be put under: it does not run, or nothing in it passes. */
export class NoSuiteError extends Error {
  override name = 'NoSuiteError';
  readonly log: string;
  constructor(reason: string, log = '') {
    super(`Bugs need tests that pass: ${reason}.`);
    this.log = log;
  }
}

/** More failing tests than this share of all: the program is broken as a whole. */
const MOST_BROKEN = 0.5;
const MAX_FILE_TO_PASS = 200;

interface Bug {
  path: string;
  source: string;
  mutant: Mutant;
}

interface Ground {
  factory: Factory;
  commit: string;
  plan: TestPlan;
  bench: Bench;
  /** Tests that pass each time. */
  passing: ReadonlySet<string>;
  seconds: number;
  repeats: number;
  time: number;
  /** The seconds of an untouched run. */
  usual: number;
}

/**
 * Puts bugs into covered code of a commit: mutants that break at least one test and leave the suite running. The task is
 * to mend it; its statement is what the failing tests assert. The same commit gives the same tasks.
 *
 * @throws NoSuchCommitError @throws NoSuiteError @throws SetupError @throws SandboxUnavailableError
 */
export async function* mineBugs(
  repository: Repository,
  options: BugMineOptions,
): AsyncGenerator<Candidate<FixTask>> {
  const { limit = 20, combine = 1, tries = 400, jobs = 2 } = options;
  const ground = await openGround(repository, options);
  const bugs = await candidates(ground);
  const seen = new Set<string>();
  let made = 0;
  let waiting: Bug[][] = [];
  for (const group of groupsOf(bugs, combine, tries)) {
    waiting.push(group);
    if (waiting.length < jobs) continue;
    for (const candidate of await Promise.all(waiting.map((one) => tryBug(ground, one)))) {
      const settled = withoutDouble(candidate, seen);
      yield settled;
      if ('task' in settled && ++made === limit) return;
    }
    waiting = [];
  }
  for (const group of waiting) {
    const settled = withoutDouble(await tryBug(ground, group), seen);
    yield settled;
    if ('task' in settled && ++made === limit) return;
  }
}

/** Two bugs that the same tests notice in the same words ask the same question. */
function withoutDouble(candidate: Candidate<FixTask>, seen: Set<string>): Candidate<FixTask> {
  if (!('task' in candidate)) return candidate;
  const { task, ...about } = candidate;
  if (!seen.has(task.statement)) {
    seen.add(task.statement);
    return candidate;
  }
  return { ...about, dropped: BUG_REASONS.duplicate, detail: task.tests.failToPass[0]! };
}

async function openGround(repository: Repository, options: BugMineOptions): Promise<Ground> {
  const { place, at = 'HEAD', seconds = 120, repeats = 2, given } = options;
  const factory = await Factory.open(place, repository);
  const commit = await resolveCommit(repository, at);
  const project = await factory.filesAt(commit);
  const { isTestFile } = await loadTestDetection();
  const plan = await factory.planFor(
    project,
    project.paths.filter((path) => roleOf(path, false) !== 'source' || path.endsWith('.rs')),
    given,
  );
  if (!plan) throw new NoSuiteError('no test runner is known');
  if (plan.runner !== 'junit' && !project.paths.some((path) => isTestFile(plan, path)))
    throw new NoSuiteError('there are no test files');
  const bench = await factory.benchFor(commit, plan);
  const runs: TestRun[] = [];
  for (let attempt = 1; attempt <= repeats; attempt++)
    runs.push(
      await factory.runs.kept(
        {
          tree: commit,
          plan,
          setup: bench.prepared,
          attempt,
          seconds,
          ...(attempt === 1 && { coverage: true }),
        },
        bench.setup,
      ),
    );
  const [first] = runs;
  const passed = runs.map((run) => passedIn(run.report));
  const passing = passed.reduce((all, own) => all.intersection(own));
  if (passing.size === 0) throw new NoSuiteError(describe(first!), first!.output);
  const time = Number(await git(repository.path, ['log', '-1', '--format=%ct', commit]));
  return { factory, commit, plan, bench, passing, seconds, repeats, time, usual: first!.seconds };
}

/** Mutants of covered lines, in an order of chance that is the same each time. */
async function candidates({ factory, commit, plan, bench, seconds }: Ground): Promise<Bug[]> {
  const tree = await factory.store.list(commit);
  const run = await factory.runs.kept(
    { tree: commit, plan, setup: bench.prepared, attempt: 1, seconds, coverage: true },
    bench.setup,
  );
  const measured = new Map(Object.entries(run.coverage ?? {}));
  const bugs: Bug[] = [];
  for (const [path, { mode, blob }] of tree) {
    if (roleOf(path, false) !== 'source' || mode === '120000' || mode === '160000') continue;
    const lines = measured.get(path);
    // Where something was measured, what was not is not run.
    if (measured.size > 0 && !lines) continue;
    const source = (await factory.store.readBlob(blob)).toString('utf8');
    for (const mutant of await mutantsOf(path, source, lines && new Set(lines)))
      bugs.push({ path, source, mutant });
  }
  const order = ({ path, mutant }: Bug) =>
    createHash('sha256').update(`${commit}\0${path}\0${mutant.start}\0${mutant.replacement}`).digest('hex');
  return bugs
    .map((bug) => ({ bug, at: order(bug) }))
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .map(({ bug }) => bug);
}

/** The bugs of several mutants hold one of each file. */
function* groupsOf(bugs: readonly Bug[], size: number, most: number): Generator<Bug[]> {
  let open: Bug[] = [];
  let count = 0;
  for (const bug of bugs) {
    const clashes = open.some(
      (one) =>
        one.path === bug.path && one.mutant.start < bug.mutant.end && bug.mutant.start < one.mutant.end,
    );
    if (clashes) continue;
    open.push(bug);
    if (open.length < size) continue;
    yield open;
    open = [];
    if (++count === most) return;
  }
}

async function tryBug(ground: Ground, group: readonly Bug[]): Promise<Candidate<FixTask>> {
  const { factory, commit, plan, bench, passing, repeats, usual } = ground;
  const { store } = factory;
  const steps: Step[] = [];
  const subject = group.map(({ path, mutant }) => `${mutant.operator} in ${path}:${mutant.line}`).join(', ');
  const about = { commit, subject, steps };
  const drop = (dropped: string, detail: string): Candidate<FixTask> => ({ ...about, dropped, detail });
  const tree = await bugTree(ground, group);
  const seconds = Math.ceil(usual) * 3 + 10;
  const runs: TestRun[] = [];
  let broken: string[] = [];
  for (let attempt = 1; attempt <= repeats; attempt++) {
    factory.place.signal?.throwIfAborted();
    const run = await factory.runs.kept({ tree, plan, setup: bench.prepared, attempt, seconds }, bench.setup);
    steps.push({ what: subject, detail: `${run.command.join(' ')}: ${describe(run)}`, output: run.output });
    if (run.timedOut || run.exceeded) return drop(BUG_REASONS.hangs, describe(run));
    if (!run.report.finished || run.report.loadErrors.length > 0)
      return drop(BUG_REASONS.breaksLoading, describe(run));
    const outcomes = outcomesOf(run.report);
    const failing = [...passing].filter((id) => outcomes.get(id) === 'failed');
    if ([...passing].some((id) => !outcomes.has(id)))
      return drop(BUG_REASONS.breaksLoading, 'some tests are gone');
    if (attempt === 1 && failing.length === 0) return drop(BUG_REASONS.unnoticed, subject);
    if (failing.length > passing.size * MOST_BROKEN && failing.length > 1)
      return drop(BUG_REASONS.breaksAll, `${failing.length} of ${passing.size}`);
    broken = attempt === 1 ? failing : broken.filter((id) => failing.includes(id));
    runs.push(run);
  }
  if (broken.length === 0) return drop(BUG_REASONS.flaky, subject);
  const task = await toTask(ground, group, tree, broken.sort().slice(0, MAX_FILE_TO_PASS), runs);
  const { leaks } = task.quality;
  return leaks.length > 0 ? drop(BUG_REASONS.leaks, leaks.join('; ')) : { ...about, task };

  async function toTask(
    { plan: tests, seconds: allowed, time }: Ground,
    bugs: readonly Bug[],
    bugged: string,
    failToPass: string[],
    all: readonly TestRun[],
  ): Promise<FixTask> {
    const [start, gold] = [await store.diff(commit, bugged), await store.diff(bugged, commit)];
    const cases = new Map(all[0]!.report.cases.map((one) => [one.id, one]));
    const failing = failToPass.map((id) => cases.get(id)).filter((one): one is TestCase => one !== undefined);
    // What fails in one run and not in the other judges nothing.
    const everFailing = new Set(
      all.flatMap((run) => run.report.cases.flatMap(({ id, outcome }) => (outcome === 'failed' ? [id] : []))),
    );
    const statement = bugStatement(failing);
    const paths = (await factory.filesAt(commit)).paths;
    const files = [...new Set(failToPass.map((id) => id.split('::')[0]!))].filter((path) =>
      paths.includes(path),
    );
    const { name, path } = factory.repository;
    const content: Omit<FixTask, 'id'> = {
      kind: 'fix',
      repository: { name, path, identity: factory.identity },
      base: commit,
      start,
      statement,
      tests: {
        plan: tests,
        files: files.length > 0 ? files : [failToPass[0]!.split('::')[0]!],
        patch: '',
        failToPass,
        passToPass: [...passing].filter((id) => !everFailing.has(id)).sort(),
        quarantined: [],
        scope: 'suite',
        canaries: [],
        seconds: allowed,
      },
      setup: setupOf(bench, commit),
      gold: { patch: gold },
      quality: {
        strength: { killed: 0, mutants: 0, share: null },
        leaks: await findLeaks(factory.place, (folder) => startOver(store, bugged, folder), {
          commit,
          statement,
          goldPatch: gold,
          secret: await secrets(ground, bugs, bugged),
        }),
        specification: { words: countWords(statement), unsaid: [] },
        difficulty: { ...sizeOf(gold), trivial: null },
        concerns: [],
      },
      source: {
        kind: 'bug',
        commit,
        time,
        subject: bugs
          .map(({ path: file, mutant }) => `${mutant.operator} in ${file}:${mutant.line}`)
          .join(', '),
      },
    };
    return { id: fixTaskId(content), ...content };
  }
}

/** Contents of the commit that only the fix holds. */
async function secrets(
  { factory, commit }: Ground,
  bugs: readonly Bug[],
  bugged: string,
): Promise<Set<string>> {
  const [before, after] = await Promise.all([factory.store.list(bugged), factory.store.list(commit)]);
  const known = new Set([...before.values()].map(({ blob }) => blob));
  return new Set(bugs.flatMap(({ path }) => after.get(path)?.blob ?? []).filter((blob) => !known.has(blob)));
}

async function bugTree({ factory, commit }: Ground, group: readonly Bug[]): Promise<string> {
  const { store } = factory;
  const tree = await store.list(commit);
  const changes = new Map<string, { mode: string; blob: string }>();
  for (const [path, bugs] of Map.groupBy(group, (bug) => bug.path)) {
    // From the end, so that what comes before stays where it is.
    const inOrder = [...bugs].sort((a, b) => b.mutant.start - a.mutant.start);
    const source = inOrder.reduce((text, { mutant }) => applyMutant(text, mutant), bugs[0]!.source);
    changes.set(path, { mode: tree.get(path)!.mode, blob: await store.writeBlob(source) });
  }
  return store.change(commit, changes);
}
