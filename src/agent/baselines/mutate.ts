import { applyMutant, type Mutant, type OperatorName, repairsOf } from '../../mutation/index.ts';
import { classify, passedIn, type TestCase } from '../../project/index.ts';
import type { Agent, Job, Outcome } from '../agent.ts';
import { suspicionOf } from './suspicion.ts';
import { WorkspaceTests } from './workspace-tests.ts';

/** It is a floor to compare with, and has a minute whatever others are given. */
const MAX_SECONDS = 60;
/** Candidates that are written and run, at most. */
const MAX_STEPS = 400;
const MAX_SOURCES = 400;

/** How likely a mistake is mended by its operator; ties are decided by suspicion. */
const PRIOR: Readonly<Record<OperatorName, number>> = {
  'wrong operator': 0.5,
  'negated condition': 0.5,
  'off by one': 0.4,
  'swapped arguments': 0.35,
  'wrong constant': 0.35,
  'dropped await': 0.3,
  'removed branch': 0.1,
  'removed guard': 0.1,
  'removed call': 0.1,
  'lost return value': 0.05,
};

interface Repair {
  path: string;
  mutant: Mutant;
  score: number;
}

/**
 * Generate and validate: runs the tests, suspects lines by what fails and what it executes, changes one place after the
 * other, and keeps the first change with which all tests pass (as GenProg, Kali and their kin: Weimer et al., ICSE 2009;
 * Qi et al., ISSTA 2015). What it solves takes no understanding.
 */
export const mutateAgent: Agent = {
  name: 'mutate',
  async run(job: Job): Promise<Outcome> {
    const outcome = (status: Outcome['status'], reason: string, steps = 0): Outcome => ({
      status,
      reason,
      answer: reason,
      steps,
      usage: {},
    });
    const sandbox = await job.workspace();
    const tests = await WorkspaceTests.open(sandbox);
    if (!tests) return outcome('failed', 'Nobody knows how the tests of this repository are run.');
    const deadline = performance.now() + Math.min(job.budget.seconds ?? MAX_SECONDS, MAX_SECONDS) * 1000;
    const left = () => Math.max(1, (deadline - performance.now()) / 1000);
    const run = (files?: readonly string[], coverage = false) =>
      tests.run({ ...(files && { files }), coverage, seconds: left(), signal: job.signal });

    const before = await run();
    const failing = before.report.cases.filter((test) => test.outcome === 'failed');
    if (failing.length === 0)
      return outcome(
        'done',
        before.report.cases.length === 0
          ? 'The tests do not run.'
          : 'No test fails, so there is nothing to go by.',
        1,
      );
    const files = filesOf(failing, tests);
    const measured = await run(files, true);
    const sources = await sourcesOf(tests, measured.executed);
    const repairs = await rank(failing, job.prompt ?? '', sources, measured.executed);
    const wanted = new Set(failing.map(({ id }) => id));
    const passed = passedIn(before.report);
    const most = Math.min(
      MAX_STEPS,
      job.budget.steps === undefined ? MAX_STEPS : Math.max(job.budget.steps, MAX_STEPS),
    );
    let steps = 2;
    for (const { path, mutant } of repairs.slice(0, most)) {
      if (job.signal.aborted) return outcome('interrupted', 'It was stopped.', steps);
      if (performance.now() > deadline)
        return outcome('exhausted', `Time is up after ${steps - 2} of ${repairs.length} changes.`, steps);
      steps++;
      await sandbox.write(path, applyMutant(sources.get(path)!, mutant));
      if (mends(await run(files), wanted) && keeps(await run(), wanted, passed)) {
        const reason = `${path}:${mutant.line}: ${mutant.was} became ${mutant.replacement || 'nothing'}.`;
        return outcome('done', reason, steps);
      }
      await sandbox.write(path, sources.get(path)!);
    }
    return outcome('done', `None of ${repairs.length} changes mends it.`, steps);
  },
};

type Run = Awaited<ReturnType<WorkspaceTests['run']>>;

function mends({ report }: Run, wanted: ReadonlySet<string>): boolean {
  return wanted.isSubsetOf(passedIn(report));
}

function keeps(run: Run, wanted: ReadonlySet<string>, passed: ReadonlySet<string>): boolean {
  return mends(run, new Set([...wanted, ...passed]));
}

/** The files of failing tests where ids begin with files; otherwise the whole suite is run. */
function filesOf(failing: readonly TestCase[], { files }: WorkspaceTests): string[] | undefined {
  const paths = new Set(files.paths);
  const named = failing.map(({ id }) => id.split('::')[0]!);
  return named.every((path) => paths.has(path)) ? [...new Set(named)] : undefined;
}

async function sourcesOf(
  tests: WorkspaceTests,
  executed: ReadonlyMap<string, unknown>,
): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  for (const path of tests.files.paths) {
    if (classify(path) !== 'source' || sources.size >= MAX_SOURCES) continue;
    if (executed.size > 0 && !executed.has(path)) continue;
    const source = await tests.files.read(path);
    if (source !== undefined) sources.set(path, source);
  }
  return sources;
}

async function rank(
  failing: readonly TestCase[],
  statement: string,
  sources: ReadonlyMap<string, string>,
  executed: ReadonlyMap<string, ReadonlySet<number>>,
): Promise<Repair[]> {
  const suspicion = suspicionOf(failing, statement, sources, executed);
  const repairs: Repair[] = [];
  for (const [path, lines] of suspicion) {
    for (const mutant of await repairsOf(path, sources.get(path)!, new Set(lines.keys())))
      repairs.push({ path, mutant, score: lines.get(mutant.line)! + PRIOR[mutant.operator] });
  }
  return repairs.sort((a, b) => b.score - a.score);
}
