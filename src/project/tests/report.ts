/** How one test ended. */
export type Outcome = 'passed' | 'failed' | 'skipped';

/** One test of a run. */
export interface TestCase {
  /** File or package, `::`, and its name with those of the suites around it; the same from run to run. */
  id: string;
  outcome: Outcome;
  /** What the runner says of a failure, cut to some kilobytes. */
  message?: string;
}

/** A file or package whose tests could not even be loaded: each of them is absent, and none has failed by itself. */
export interface LoadError {
  /** Relative to the root; `''` where the runner does not say. */
  file: string;
  message: string;
}

/** What a run of tests has shown. */
export interface TestReport {
  cases: TestCase[];
  loadErrors: LoadError[];
  /** The runner has come to its end; otherwise what is absent may have been cut off. */
  finished: boolean;
}

const MAX_MESSAGE = 4_000;

/** Cuts what a runner says of a failure: some print megabytes. */
export function briefly(message: string): string {
  return message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE)} […]`;
}

/** Gathers the cases of a report. A name that comes twice gets `#2`, so that no id stands for two tests. */
export class ReportBuilder {
  readonly #cases: TestCase[] = [];
  readonly #loadErrors = new Map<string, LoadError>();
  readonly #seen = new Map<string, number>();
  finished = false;

  add(id: string, outcome: Outcome, message?: string): void {
    const times = (this.#seen.get(id) ?? 0) + 1;
    this.#seen.set(id, times);
    const unique = times === 1 ? id : `${id}#${times}`;
    const said = outcome === 'failed' && message ? { message: briefly(message) } : {};
    this.#cases.push({ id: unique, outcome, ...said });
  }

  /** The first error of a file is the one that is kept. */
  loadError(file: string, message: string): void {
    if (!this.#loadErrors.has(file)) this.#loadErrors.set(file, { file, message: briefly(message) });
  }

  build(): TestReport {
    return { cases: this.#cases, loadErrors: [...this.#loadErrors.values()], finished: this.finished };
  }
}

/** How each test of a report ended, by id. */
export function outcomesOf(report: Pick<TestReport, 'cases'>): Map<string, Outcome> {
  return new Map(report.cases.map(({ id, outcome }) => [id, outcome]));
}

/** The ids of the tests of a report that passed. */
export function passedIn(report: Pick<TestReport, 'cases'>): Set<string> {
  return new Set(report.cases.flatMap(({ id, outcome }) => (outcome === 'passed' ? [id] : [])));
}
