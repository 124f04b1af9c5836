import { join } from 'node:path';
import { git, type Repository, repositoryIdentity, resolveCommit, TreeStore } from '../../git/index.ts';
import {
  loadSetups,
  loadTestDetection,
  type ProjectFiles,
  type Setup,
  type TestPlan,
} from '../../project/index.ts';
import { sweepWorkspaces } from '../cache.ts';
import type { Place } from '../place.ts';
import { ensureSetup, type PreparedSetup } from '../setups.ts';
import type { FixTask } from '../task.ts';
import { TestRuns } from '../test-runs.ts';

/** What tests of one commit run on. */
export interface Bench {
  setup: Setup;
  prepared: PreparedSetup;
}

/** What a task says of what it was validated on. @param commit whose manifests decide */
export function setupOf({ setup, prepared }: Bench, commit: string): FixTask['setup'] {
  const { plan, toolchain } = setup;
  const notes = [...(plan?.notes ?? []), ...(prepared.notes ?? [])];
  return { tool: plan?.tool ?? 'none', key: prepared.key, commit, toolchain, notes };
}

/** How tests are to be run where the repository does not say it well. */
export interface GivenTests {
  /** A command for `sh -c` that leaves JUnit XML. */
  command: string;
  /** Where the XML is, a pattern. */
  report: string;
}

/** A repository whose commits are taken apart, set up and tested. Nothing is written into it. */
export class Factory {
  readonly place: Place;
  readonly repository: Repository;
  /** A hash of the repository's first commits. */
  readonly identity: string;
  readonly store: TreeStore;
  readonly runs: TestRuns;
  readonly #setups = new Map<string, Promise<Setup>>();
  readonly #starts = new Map<string, Promise<{ start: string; reference: string }>>();

  private constructor(place: Place, repository: Repository, identity: string, store: TreeStore) {
    this.place = place;
    this.repository = repository;
    this.identity = identity;
    this.store = store;
    this.runs = new TestRuns(place, store);
  }

  /** @throws NoSuchCommitError for a repository without commits */
  static async open(place: Place, repository: Repository): Promise<Factory> {
    await sweepWorkspaces(place.home);
    const head = await resolveCommit(repository, 'HEAD');
    const identity = await repositoryIdentity(repository, head);
    const store = await TreeStore.open(repository, join(place.home, 'trees', `${identity}.git`));
    return new Factory(place, repository, identity, store);
  }

  /** The files of a commit or tree. */
  async filesAt(treeish: string): Promise<ProjectFiles> {
    const tree = await this.store.list(treeish);
    const texts = new Map<string, Promise<string | undefined>>();
    return {
      paths: [...tree.keys()],
      read: (path) => {
        const entry = tree.get(path);
        if (!entry || entry.mode === '160000' || entry.mode === '120000') return Promise.resolve(undefined);
        let text = texts.get(path);
        if (!text) {
          // A partial clone may lack it.
          text = this.store.readBlob(entry.blob).then(
            (content) => content.toString('utf8'),
            () => undefined,
          );
          texts.set(path, text);
        }
        return text;
      },
    };
  }

  /** How the tests of a commit are run, by most of some test files; undefined where nobody knows. */
  async planFor(
    files: ProjectFiles,
    testFiles: readonly string[],
    given?: GivenTests,
  ): Promise<TestPlan | undefined> {
    if (given) return { runner: 'junit', folder: '.', args: [], files: [], ...given, from: 'given' };
    const { detectTests, planFor } = await loadTestDetection();
    return planFor(await detectTests(files), testFiles);
  }

  /**
   * The dependencies of a commit, installed.
   *
   * @throws SetupError @throws MissingToolchainError
   */
  async benchFor(commit: string, plan: TestPlan): Promise<Bench> {
    const key = `${commit}\0${JSON.stringify(plan)}`;
    let setup = this.#setups.get(key);
    if (!setup) {
      setup = this.#detect(commit, plan);
      this.#setups.set(key, setup);
    }
    const found = await setup;
    const { folderOfProgram } = await import('../../sandbox/index.ts');
    const prepared = await ensureSetup(this.place, found.plan, [folderOfProgram(found.node)], (folder) =>
      this.store.checkOut(commit, folder),
    );
    return { setup: found, prepared };
  }

  /** The tree that the work on a task starts from, and what every attempt is judged with. */
  treesOf(task: FixTask): Promise<{ start: string; reference: string }> {
    let trees = this.#starts.get(task.id);
    if (!trees) {
      trees = (async () => {
        const start = task.start === undefined ? task.base : await this.store.apply(task.base, task.start);
        return {
          start,
          reference: task.tests.patch === '' ? start : await this.store.apply(start, task.tests.patch),
        };
      })();
      trees.catch(() => this.#starts.delete(task.id));
      this.#starts.set(task.id, trees);
    }
    return trees;
  }

  async #detect(commit: string, plan: TestPlan): Promise<Setup> {
    const { detectSetup, MANIFESTS } = await loadSetups();
    const time = await git(this.repository.path, ['log', '-1', '--format=%ct', commit, '--', ...MANIFESTS]);
    const fallback = () => git(this.repository.path, ['log', '-1', '--format=%ct', commit]);
    return detectSetup(await this.filesAt(commit), plan, Number(time || (await fallback())));
  }
}
