import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import { z } from 'zod';
import type { TreeStore } from '../git/index.ts';
import {
  jsonOf,
  loadCoverage,
  loadRunners,
  programFolders,
  type Results,
  type RunRequest,
  type Setup,
  type TestPlan,
  type TestReport,
} from '../project/index.ts';
import { folderOfProgram, type Mount, openJail } from '../sandbox/index.ts';
import { BuildFolders } from './build-folders.ts';
import { markUsed } from './cache.ts';
import { type Place, removeFolder, scratchFolder } from './place.ts';
import { addMade, type PreparedSetup, ROOT } from './setups.ts';

const REPORTERS = fileURLToPath(new URL('../../assets/reporters', import.meta.url));
const INSIDE = { results: '/results', reporters: '/reporters', build: '/build' };
/** Of what a run prints, bytes that are kept, for a person who asks what happened. */
const MAX_OUTPUT = 24 * 1024;
/** No report of tests is longer; what claims to be is a program that fills the disk. */
const MAX_REPORT = 256 * 1024 * 1024;
const LIMITS = { processes: 2_000, bytes: 4 * 1024 ** 3 };
/** Changes when runs are made in another way, so that those that are kept no longer count. */
const GENERATION = 3;
/** Where `shifted` runs are: half a year on, in another month, year and side of daylight saving. */
const SHIFT_DAYS = 200;
const FAKETIME = ['faketime', '-f', `+${SHIFT_DAYS}d`];

/** What is to be run. */
export interface TestRunRequest {
  /** The id of a tree. */
  tree: string;
  plan: TestPlan;
  setup: PreparedSetup;
  /** Test files, or the whole suite. */
  files?: readonly string[];
  /** Runs of the same tree with the same number are the same run. */
  attempt: number;
  /** Tests in an order of chance. */
  shuffle?: number;
  /** With a clock that is half a year ahead. */
  shifted?: boolean;
  /** Measure which lines are executed. */
  coverage?: boolean;
  /** Keeps what building leaves for the next run of the same tree. */
  builds?: BuildFolders;
  seconds: number;
}

const runSchema = z.object({
  report: z.object({
    cases: z.array(
      z.object({
        id: z.string(),
        outcome: z.enum(['passed', 'failed', 'skipped']),
        message: z.string().optional(),
      }),
    ),
    loadErrors: z.array(z.object({ file: z.string(), message: z.string() })),
    finished: z.boolean(),
  }),
  command: z.array(z.string()),
  exitCode: z.number().nullable(),
  timedOut: z.boolean(),
  exceeded: z.enum(['processes', 'disk']).optional(),
  seconds: z.number(),
  /** Files where reports are, that the runner did not write. */
  strange: z.array(z.string()).optional(),
  /** Head and tail of what it printed. */
  output: z.string(),
  /** Lines that were executed, by file; where it was asked for and can be measured. */
  coverage: z.record(z.string(), z.array(z.int())).optional(),
});

/** What became of it. */
export type TestRun = z.infer<typeof runSchema> & { report: TestReport };

/** Runs tests on trees of one repository, each in a root of its own that is made for it and removed after it. */
export class TestRuns {
  readonly #place: Place;
  readonly #store: TreeStore;
  /** Runs share the machine's cores, whoever asks for them. */
  readonly #turn = pLimit(availableParallelism());

  constructor(place: Place, store: TreeStore) {
    this.#place = place;
    this.#store = store;
  }

  /**
   * A run that was made before, or is made in its turn. Runs are kept by what they ran, so that work which was cut off
   * goes on.
   *
   * @throws SandboxFailedError @throws SandboxUnavailableError
   */
  async kept(request: TestRunRequest, setup: Setup): Promise<TestRun> {
    const file = this.#fileOf(request);
    const before = await readFile(file, 'utf8').catch(() => undefined);
    if (before !== undefined) {
      const parsed = runSchema.safeParse(jsonOf(before));
      if (parsed.success) {
        await markUsed(file);
        return parsed.data as TestRun;
      }
    }
    const run = await this.#turn(() => this.run(request, setup));
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const temporary = `${file}.${randomBytes(4).toString('hex')}`;
    await writeFile(temporary, JSON.stringify(run));
    await rename(temporary, file);
    return run;
  }

  #fileOf({
    tree,
    plan,
    setup,
    files,
    attempt,
    shuffle,
    shifted,
    coverage,
    seconds,
  }: TestRunRequest): string {
    const { from: _, ...how } = plan;
    const content = JSON.stringify([
      GENERATION,
      tree,
      how,
      setup.key,
      files ?? null,
      attempt,
      shuffle ?? null,
      shifted ?? false,
      coverage ?? false,
      seconds,
    ]);
    const name = createHash('sha256').update(content).digest('hex').slice(0, 32);
    return join(this.#place.home, 'runs', name.slice(0, 2), `${name}.json`);
  }

  async #coverage(results: Results, request: RunRequest, tree: string): Promise<Record<string, number[]>> {
    const entries = await this.#store.list(tree);
    const sourceOf = async (path: string) => {
      const entry = entries.get(path);
      return entry && (await this.#store.readBlob(entry.blob)).toString('utf8');
    };
    const coverage = await (await loadCoverage()).readCoverage(results, request, sourceOf);
    return Object.fromEntries([...coverage].map(([path, lines]) => [path, [...lines].sort((a, b) => a - b)]));
  }

  /** Runs tests now. @throws SandboxFailedError @throws SandboxUnavailableError */
  async run(request: TestRunRequest, toolchain: Setup): Promise<TestRun> {
    const { tree, plan, setup, files, shuffle, shifted, coverage, seconds } = request;
    const { builds = new BuildFolders(this.#place) } = request;
    const folder = await scratchFolder(this.#place);
    try {
      const [root, results] = [join(folder, 'root'), join(folder, 'results')];
      await Promise.all([root, results].map((path) => mkdir(path)));
      const [build] = await Promise.all([
        builds.open(tree, setup, folder, INSIDE.build),
        this.#store.checkOut(tree, root),
      ]);
      await addMade(setup, root);
      // A report that the tree holds is none of this run.
      for (const { file } of await collected(root, build.folder, plan)) await rm(file);
      const runner = await (await loadRunners()).runnerOf(plan.runner);
      const runRequest = {
        plan,
        root: ROOT,
        ...(files && { files }),
        ...INSIDE,
        programs: { node: toolchain.node, python: pythonOf(setup) },
        ...(shuffle !== undefined && { shuffle }),
        ...(coverage && { coverage }),
      };
      const command = runner.command(runRequest);
      const setupEnv = setup.env(ROOT, INSIDE.build);
      const mounts: Mount[] = [
        { source: root, target: ROOT, writable: true },
        ...setup.mounts(ROOT),
        { source: results, target: INSIDE.results, writable: true },
        ...(build.overlay ? [] : [{ source: build.folder, target: INSIDE.build, writable: true }]),
        { source: REPORTERS, target: INSIDE.reporters },
      ];
      const measuring = coverage ? (await loadCoverage()).coverageEnvironment(runRequest) : {};
      const { KINO_PYTHONPATH: reporters, ...env } = {
        ...setupEnv,
        ...plan.env,
        ...command.env,
        ...measuring,
      } as Record<string, string>;
      if (reporters !== undefined) env.PYTHONPATH = [env.PYTHONPATH, reporters].filter(Boolean).join(':');
      const jail = await openJail({
        mounts,
        ...(build.overlay && { overlays: [build.overlay] }),
        env,
        tools: [folderOfProgram(toolchain.node)],
        path: [...programFolders(ROOT, plan.folder), ...setup.path],
      });
      try {
        const ran = await jail.exec([...(shifted ? FAKETIME : []), ...command.argv], {
          cwd: join(ROOT, command.folder),
          timeoutMs: seconds * 1000,
          maxBytes: MAX_OUTPUT,
          // Outside of what is mounted: whoever runs inside cannot write what the runner says.
          ...(command.stdout !== undefined && { stdoutFile: join(folder, 'stdout') }),
          limits: { ...LIMITS, ...this.#place.limits, folders: [folder] },
          ...(this.#place.signal && { signal: this.#place.signal }),
        });
        this.#place.signal?.throwIfAborted();
        const left = await filesOf(results);
        const strange = command.stdout === undefined ? [] : [...left.keys()].filter((name) => !isOwn(name));
        if (command.stdout !== undefined) left.set(command.stdout, await readFile(join(folder, 'stdout')));
        for (const path of await collected(root, build.folder, plan))
          left.set(path.name, await readFile(path.file));
        const parsed = runner.parse(left, runRequest);
        const made = coverage ? await this.#coverage(left, runRequest, tree) : undefined;
        if (request.builds) await build.keep();
        return {
          report: { ...parsed, finished: parsed.finished && !ran.timedOut && ran.exceeded === undefined },
          command: command.argv,
          exitCode: ran.exitCode,
          timedOut: ran.timedOut,
          ...(ran.exceeded !== undefined && { exceeded: ran.exceeded }),
          seconds: ran.durationMs / 1000,
          ...(strange.length > 0 && { strange }),
          output: ran.output,
          ...(made && { coverage: made }),
        };
      } finally {
        await jail.dispose();
      }
    } finally {
      await removeFolder(folder);
    }
  }
}

function pythonOf(setup: PreparedSetup): string {
  const [first] = setup.path;
  return first === undefined ? 'python3' : join(first, 'python');
}

let faketime: boolean | undefined;

/** Whether runs with a shifted clock can be made here. */
export function canShiftClock(): boolean {
  faketime ??= ['/usr/bin/faketime', '/usr/local/bin/faketime'].some((path) => existsSync(path));
  return faketime;
}

/** What measuring leaves beside a report. */
function isOwn(name: string): boolean {
  return /^coverage(?:-.*\.json|\.out)$/.test(name);
}

async function filesOf(folder: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    // A link would be followed out of the jail.
    if (entry.isFile() && (await stat(path)).size <= MAX_REPORT) files.set(entry.name, await readFile(path));
  }
  return files;
}

/** Reports that a runner leaves where it wants to. */
async function collected(
  root: string,
  build: string,
  plan: TestPlan,
): Promise<{ name: string; file: string }[]> {
  if (plan.runner === 'nextest') {
    const file = join(build, 'nextest', 'kino', 'kino-junit.xml');
    return existsSync(file) ? [{ name: 'kino-junit.xml', file }] : [];
  }
  if (plan.runner !== 'junit' || plan.report === undefined) return [];
  const { default: picomatch } = await import('picomatch');
  const isReport = picomatch(plan.report);
  const folder = join(root, plan.folder);
  const found: { name: string; file: string }[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const name = file.slice(folder.length + 1);
    if (entry.isFile() && isReport(name) && (await stat(file)).size <= MAX_REPORT) found.push({ name, file });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}
