import { type Outcome, outcomesOf, type TestReport } from '../../project/index.ts';

/** Runs of the sides of a commit; each list holds repetitions of the same run. */
export interface Sides {
  /** The base with the tests of the fix: it has to fail. */
  before: readonly TestReport[];
  /** The fix: it has to pass. */
  after: readonly TestReport[];
  /** The base as it was, with its own tests; the test files that the change touches. */
  parent: TestReport;
  /** Whether what stands under an id in the test files is the same before and after the change. */
  isUnchanged(id: string): boolean;
  /** The file or package of an id, as load errors name it. */
  fileOf(id: string): string;
}

export interface TestSplit {
  failToPass: string[];
  passToPass: string[];
  /** Ended now so, now so, in runs of the same. */
  flaky: string[];
  /** Fail where the fix is in: they judge nothing. */
  failAfter: string[];
  /** Failed before only because their file did not load. */
  onlyLoadError: string[];
}

/**
 * Which tests tell the sides of a change apart, and which must stay as they are.
 *
 * What fails before only because its file does not load tells nothing if it passes with the unpatched parent and reads
 * the same there: it belongs to those that must go on passing. What is absent before although its file did load (a
 * crash hid it) has not failed by itself, and tells nothing either.
 */
export function splitTests({ before, after, parent, isUnchanged, fileOf }: Sides): TestSplit {
  const split: TestSplit = { failToPass: [], passToPass: [], flaky: [], failAfter: [], onlyLoadError: [] };
  const [afterOutcomes, beforeOutcomes] = [after.map(outcomesOf), before.map(outcomesOf)];
  const parentOutcomes = outcomesOf(parent);
  // A file of which some tests were seen was loaded, and has broken in the middle.
  const [unloaded, broken] = [new Set<string>(), new Set<string>()];
  for (const report of before) {
    const seen = new Set(report.cases.map(({ id }) => fileOf(id)));
    for (const { file } of report.loadErrors) (seen.has(file) ? broken : unloaded).add(file);
  }
  const unloadedInParent = new Set(parent.loadErrors.map(({ file }) => file));
  const parentDidNotRun = !parent.finished && parent.cases.length === 0;
  // A runner that could not say where loading failed, and ended without a test.
  const nothingLoaded = before.length > 0 && before.every((report) => report.cases.length === 0);
  const ids = new Set([...after, ...before].flatMap((report) => report.cases.map((one) => one.id)));
  for (const id of [...ids].sort()) {
    const now = steady(afterOutcomes, id);
    const then = steady(beforeOutcomes, id);
    if (now === 'varies' || then === 'varies') split.flaky.push(id);
    else if (now === 'failed') split.failAfter.push(id);
    else if (now !== 'passed') continue;
    else if (then === 'passed') split.passToPass.push(id);
    else if (then === 'failed') split.failToPass.push(id);
    else {
      const didNotLoad = nothingLoaded || unloaded.has(fileOf(id)) || unloaded.has('');
      const passedInParent = parentOutcomes.get(id) === 'passed';
      if (passedInParent && isUnchanged(id)) {
        split.passToPass.push(id);
        if (didNotLoad) split.onlyLoadError.push(id);
      } else if (then === undefined && didNotLoad) {
        // What did not load before anybody touched it either tells that the build was broken, and no more.
        const wasBroken = parentDidNotRun || unloadedInParent.has(fileOf(id)) || unloadedInParent.has('');
        split[wasBroken ? 'onlyLoadError' : 'failToPass'].push(id);
      }
      // Absent before although its file did load: hidden by a crash, or made only by the change.
      else if (
        then === undefined &&
        !passedInParent &&
        !broken.has(fileOf(id)) &&
        before.every((report) => report.finished)
      )
        split.failToPass.push(id);
    }
  }
  return split;
}

/** What a test does in every run; `varies` where it does not do the same, undefined where it never is. */
function steady(runs: readonly ReadonlyMap<string, Outcome>[], id: string): Outcome | 'varies' | undefined {
  const outcomes = new Set(runs.map((run) => run.get(id)));
  return outcomes.size > 1 ? 'varies' : [...outcomes][0];
}
