import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  loadCoverage,
  loadRunners,
  loadTestDetection,
  type ProjectFiles,
  programFolders,
  type RunRequest,
  type TestPlan,
  type TestReport,
} from '../../project/index.ts';
import type { ExecResult, Sandbox } from '../../sandbox/index.ts';

const REPORTERS = fileURLToPath(new URL('../../../assets/reporters', import.meta.url));
/** In the workspace, and no part of it: reporters, results and what building leaves. */
const OWN = '.git/kino';

export interface WorkspaceRun {
  report: TestReport;
  /** The lines that were executed; empty where that cannot be measured. */
  executed: Map<string, Set<number>>;
  seconds: number;
  timedOut: boolean;
}

/** The tests of a workspace as whoever works in it can run them. */
export class WorkspaceTests {
  readonly files: ProjectFiles;
  readonly plan: TestPlan;
  readonly #sandbox: Sandbox;

  private constructor(sandbox: Sandbox, files: ProjectFiles, plan: TestPlan) {
    this.#sandbox = sandbox;
    this.files = files;
    this.plan = plan;
  }

  /** @returns undefined where nobody knows how its tests are run */
  static async open(sandbox: Sandbox): Promise<WorkspaceTests | undefined> {
    const listed = await sandbox.exec(['git', 'ls-files', '-z'], { maxBytes: 16 * 1024 * 1024 });
    const paths = listed.output.split('\0').filter((path) => path !== '');
    const files: ProjectFiles = {
      paths,
      read: (path) =>
        sandbox.read(path).then(
          (content) => content.toString('utf8'),
          () => undefined,
        ),
    };
    const { detectTests, planFor } = await loadTestDetection();
    const plan = planFor(await detectTests(files), paths);
    if (!plan) return undefined;
    for (const name of await readdir(REPORTERS)) {
      if (/\.(?:mjs|cjs|py|toml)$/.test(name))
        await sandbox.write(`${OWN}/reporters/${name}`, await readFile(join(REPORTERS, name)));
    }
    return new WorkspaceTests(sandbox, files, plan);
  }

  async run(options: {
    files?: readonly string[];
    coverage?: boolean;
    seconds: number;
    signal: AbortSignal;
  }): Promise<WorkspaceRun> {
    const { files, coverage, seconds, signal } = options;
    const sandbox = this.#sandbox;
    const runner = await (await loadRunners()).runnerOf(this.plan.runner);
    const own = join(sandbox.root, OWN);
    const request: RunRequest = {
      plan: this.plan,
      root: sandbox.root,
      ...(files && this.plan.runner !== 'junit' && { files }),
      results: join(own, 'results'),
      reporters: join(own, 'reporters'),
      build: join(own, 'build'),
      programs: { node: 'node', python: 'python3' },
      ...(coverage && { coverage }),
    };
    const { coverageEnvironment, readCoverage } = await loadCoverage();
    const command = runner.command(request);
    const { KINO_PYTHONPATH = '', ...env } = {
      ...this.plan.env,
      ...command.env,
      ...(coverage && coverageEnvironment(request)),
    } as Record<string, string>;
    await sandbox.exec(['rm', '-rf', `${OWN}/results`]);
    await sandbox.exec(['mkdir', '-p', `${OWN}/results`]);
    const script =
      'out=$1; more=$2; PATH="$3:$PATH"; export PATH; shift 3; if [ -n "$more" ]; then [ -z "$PYTHONPATH" ] || more="$PYTHONPATH:$more"; export PYTHONPATH="$more"; fi; if [ -n "$out" ]; then exec "$@" >"$out"; else exec "$@"; fi';
    const path = programFolders(sandbox.root, this.plan.folder).join(':');
    const out = command.stdout === undefined ? '' : join(request.results, command.stdout);
    const ran: ExecResult = await sandbox.exec(
      ['sh', '-c', script, 'sh', out, KINO_PYTHONPATH, path, ...command.argv],
      {
        cwd: command.folder,
        env,
        timeoutMs: seconds * 1000,
        signal,
      },
    );
    const results = await this.#results();
    const report = runner.parse(results, request);
    return {
      report: { ...report, finished: report.finished && !ran.timedOut },
      executed: coverage ? await readCoverage(results, request, this.files.read) : new Map(),
      seconds: ran.durationMs / 1000,
      timedOut: ran.timedOut,
    };
  }

  async #results(): Promise<Map<string, Buffer>> {
    const listed = await this.#sandbox.exec(['ls', '-1', `${OWN}/results`], { maxBytes: 1024 * 1024 });
    const found = new Map<string, Buffer>();
    for (const name of listed.output.split('\n').filter((one) => one !== ''))
      await this.#sandbox.read(`${OWN}/results/${name}`).then(
        (content) => found.set(name, content),
        () => {},
      );
    return found;
  }
}
