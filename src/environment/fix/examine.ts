import { exportBase, GitError } from '../../git/index.ts';
import { loadSetups, loadTestDetection, type TestPlan } from '../../project/index.ts';
import { BuildFolders } from '../build-folders.ts';
import type { Step } from '../environment.ts';
import { countWords } from '../localize/statement.ts';
import { routineOf } from '../routine-commits.ts';
import { SetupError } from '../setups.ts';
import { type FixTask, fixTaskId, type Quality } from '../task.ts';
import type { TestRun } from '../test-runs.ts';
import type { Change } from './changes.ts';
import { Dropped } from './dropped.ts';
import { type Bench, type Factory, type GivenTests, setupOf } from './factory.ts';
import { canariesOf, isTrivial, runMutantsOf, strengthOf } from './grades.ts';
import { sizeOf } from './quality/difficulty.ts';
import { findLeaks } from './quality/leaks.ts';
import { concernsOf, failings } from './quality/qualify.ts';
import { unsaidNames } from './quality/specification.ts';
import { FIX_REASONS, type FixReason } from './reasons.ts';
import { allOf, type Sides, splitSides } from './sides.ts';
import { addedLines, fixStatement, isChangeLog } from './statement.ts';
import { type ChangeParts, judgedTree, partsOf, referenceTree } from './trees.ts';

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
/** What only running mutants tells. */
const RAN = new Set<FixReason>([FIX_REASONS.weak, FIX_REASONS.trivial]);
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
    // A snapshot may lack objects, of which only some changes need any.
    if (error instanceof GitError)
      return { dropped: FIX_REASONS.unreadable, detail: error.message, steps: examination.steps };
    throw error;
  } finally {
    await examination.dispose();
  }
}

class Examination {
  readonly steps: Step[] = [];
  readonly #builds: BuildFolders;
  readonly #factory: Factory;
  readonly #change: Change;
  readonly #options: ExamineOptions;
  #mutantRuns: Promise<TestRun[]> | undefined;

  constructor(factory: Factory, change: Change, options: ExamineOptions) {
    this.#builds = new BuildFolders(factory.place);
    this.#factory = factory;
    this.#change = change;
    this.#options = options;
  }

  async dispose(): Promise<void> {
    await this.#mutantRuns?.catch(() => {});
    await this.#builds.dispose();
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
    const { repeats, seconds, mutants } = this.#options;
    const sides: Sides = {
      factory: this.#factory,
      plan,
      bench,
      files,
      base,
      reference,
      gold,
      commit,
      builds: this.#builds,
      repeats,
      seconds,
      note: this.#note.bind(this),
    };
    const forMutants: Step[] = [];
    const forCanaries: Step[] = [];
    const forRepairs: Step[] = [];
    const apart = (steps: Step[]): Sides => ({ ...sides, note: noteIn(steps) });
    let readable: Omit<Quality, 'concerns'> | undefined;
    const split = await splitSides(sides, async (testSeconds) => {
      const secret = await this.#secrets(base, commit, parts);
      const workspace = async (folder: string) => {
        await exportBase(repository, base, folder, place.signal);
        return base;
      };
      readable = {
        strength: { killed: 0, mutants: 0, share: null },
        leaks: await findLeaks(place, workspace, { commit, statement, goldPatch, secret }),
        specification: {
          words: countWords(statement),
          unsaid: await unsaidNames(repository, base, { statement, testPatch, goldPatch }),
        },
        difficulty: { ...sizeOf(goldPatch), trivial: null },
      };
      this.#mustBeGood(readable, RAN);
      // They need one core, and the suite the other.
      this.#mutantRuns = runMutantsOf(apart(forMutants), testSeconds, goldPatch, mutants);
      this.#mutantRuns.catch(() => {});
    });
    const { failToPass, passToPass, quarantined, scope } = split;
    const [canaries, mutantRuns, trivial] = await allOf([
      canariesOf(apart(forCanaries), failToPass),
      this.#mutantRuns!,
      isTrivial(apart(forRepairs), split, goldPatch, mutants * 2),
    ]);
    this.steps.push(...forCanaries, ...forMutants, ...forRepairs);
    const strength = strengthOf(mutantRuns, failToPass);
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
        seconds,
      },
      setup: setupOf(bench, commit),
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
    const { MissingToolchainError } = await loadSetups();
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
      for (const note of setupOf(bench, commit).notes) this.#note('set-up', note);
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

  /** @param unknown what cannot be told yet */
  #mustBeGood(quality: Omit<Quality, 'concerns'>, unknown: ReadonlySet<FixReason> = new Set()): void {
    const [failing] = failings(quality, this.#options.strict).filter(({ reason }) => !unknown.has(reason));
    if (failing) throw new Dropped(failing.reason, failing.detail);
  }

  /** Contents that exist only since the fix. */
  async #secrets(base: string, commit: string, parts: ChangeParts): Promise<Set<string>> {
    const { store } = this.#factory;
    const [before, after] = await Promise.all([store.list(base), store.list(commit)]);
    const known = new Set([...before.values()].map(({ blob }) => blob));
    const ids = [...parts.source, ...parts.tests].flatMap((path) => after.get(path)?.blob ?? []);
    return new Set(ids.filter((blob) => !known.has(blob)));
  }

  #note(what: string, detail: string, output?: string): void {
    noteIn(this.steps)(what, detail, output);
  }
}

function noteIn(steps: Step[]): Sides['note'] {
  return (what, detail, output) => {
    steps.push({ what, detail, ...(output !== undefined && { output }) });
  };
}
