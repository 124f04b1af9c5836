import { hostname } from 'node:os';
import type { Agent, AgentBudget } from '../agent/index.ts';
import { originOf, sweepWorkspaces, type Task } from '../environment/index.ts';
import { openRepository, type Repository } from '../git/index.ts';
import type { SandboxName } from '../sandbox/index.ts';
import { isAlive, newId, type RolloutFinished, type ThreadEnded, type ThreadStore } from '../thread/index.ts';
import {
  type Cell,
  cellKey,
  cellsOf,
  type Experiment,
  findExperiment,
  type Plan,
  readExperiment,
} from './experiment.ts';
import { Patience } from './patience.ts';
import { reportArtifact } from './report-artifact.ts';
import { runRollout } from './rollout.ts';

export interface RunExperimentOptions {
  store: ThreadStore;
  plan: Plan;
  tasks: readonly Task[];
  /** An agent for each label of the plan. */
  agents: ReadonlyMap<string, Agent>;
  /** Rollouts at once. */
  concurrency: number;
  budget: AgentBudget;
  sandbox: SandboxName;
  passEnv?: readonly string[];
  /** Hosts that the person allows, for what an environment installs. */
  allowHosts?: readonly string[];
  home: string;
  version: string;
  signal: AbortSignal;
  /** Start anew even where an unfinished experiment has the same plan. */
  fresh?: boolean;
  /** Try again the unscored rollouts of the newest experiment with the same plan. */
  retryUnscored?: boolean;
  onStart?: (start: { id: string; total: number; done: number }) => void;
  onRollout?: (result: RolloutFinished, done: number) => void;
  /** An agent is left out for now: infrastructure failed it too often in a row. */
  onGiveUp?: (agent: string, reason: string) => void;
}

/** An experiment that another process is working on. */
export class ExperimentBusyError extends Error {
  override name = 'ExperimentBusyError';
  constructor(id: string, pid: number) {
    super(`The experiment ${id} with this plan is running in process ${pid}; say --new to start another.`);
  }
}

/** There is no experiment whose unscored rollouts could be tried again. */
export class NothingToRetryError extends Error {
  override name = 'NothingToRetryError';
  constructor() {
    super(
      'No experiment has these tasks, agents, attempts and bounds; run it without --retry-unscored first.',
    );
  }
}

/**
 * Runs an experiment, or goes on with one of the same plan that was interrupted. Each rollout is remembered the
 * moment it is scored, so a kill costs only what was under way.
 *
 * @returns the experiment with all results; fewer than planned when `signal` aborted
 * @throws ExperimentBusyError @throws NothingToRetryError @throws StoreWriteError
 */
export async function runExperiment(options: RunExperimentOptions): Promise<Experiment> {
  const { store, plan, signal } = options;
  const id = await openExperiment(options);
  await sweepWorkspaces(options.home);
  const { results } = await readExperiment(store, id);
  const done = new Set(
    [...results]
      .filter(([, result]) => !(options.retryUnscored && result.reward === null))
      .map(([key]) => key),
  );
  const cells = cellsOf(plan);
  const open = cells.filter((cell) => !done.has(cellKey(cell)));
  let finished = cells.length - open.length;
  options.onStart?.({ id, total: cells.length, done: finished });

  const tasks = new Map(options.tasks.map((task) => [task.id, task]));
  const repositories = new Repositories();
  const next = open[Symbol.iterator]();
  const stopped = new AbortController();
  const patience = new Patience();
  const gaveUp = new Set<string>();
  const running = AbortSignal.any([signal, stopped.signal]);
  const work = async (): Promise<void> => {
    for (let cell = next.next(); !cell.done && !running.aborted; cell = next.next()) {
      if (gaveUp.has(cell.value.agent)) continue;
      await runCell(
        options,
        id,
        cell.value,
        tasks.get(cell.value.task)!,
        repositories,
        running,
        async (result) => {
          await store.append(id, [result]);
          options.onRollout?.(result, ++finished);
          if (patience.endsWith(result) && !gaveUp.has(result.agent)) {
            gaveUp.add(result.agent);
            options.onGiveUp?.(result.agent, result.reason);
          }
        },
      );
    }
  };
  // One that fails stops the others, and none is left behind when this returns.
  const workers = Array.from({ length: Math.min(options.concurrency, open.length) }, () =>
    work().catch((error: unknown) => {
      stopped.abort();
      throw error;
    }),
  );
  const failed = (await Promise.allSettled(workers)).find((worker) => worker.status === 'rejected');
  if (failed) throw failed.reason;

  const experiment = await readExperiment(store, id);
  if (experiment.results.size < cells.length) {
    await store.append(id, [ended('interrupted', 'It was stopped; the same command goes on.', experiment)]);
  } else {
    const unscored = [...experiment.results.values()].filter((result) => result.reward === null).length;
    const before = (await store.read(id)).filter((event) => event.type === 'artifact.written').length;
    await store.append(id, [
      reportArtifact(experiment, before + 1),
      ended('done', `${experiment.results.size} rollouts, ${unscored} unscored.`, experiment),
    ]);
  }
  return readExperiment(store, id);
}

function ended(
  status: 'done' | 'interrupted',
  reason: string,
  { results, summary }: Experiment,
): ThreadEnded {
  return {
    type: 'thread.ended',
    status,
    reason,
    answer: '',
    steps: results.size,
    usage: {},
    durationMs: Date.now() - summary.startedAt,
  };
}

async function openExperiment(options: RunExperimentOptions): Promise<string> {
  const { store, plan, version } = options;
  const here = { kino: version, host: hostname(), pid: process.pid };
  const before = options.fresh ? undefined : await findExperiment(store, plan);
  if (options.retryUnscored && !before) throw new NothingToRetryError();
  const goOn = before && (before.summary.status !== 'done' || options.retryUnscored);
  if (before && goOn) {
    const { id, host, pid, status } = before.summary;
    if (status === 'running' && host === hostname() && pid !== process.pid && isAlive(pid)) {
      throw new ExperimentBusyError(id, pid);
    }
    await store.append(id, [{ type: 'thread.resumed', ...here }]);
    return id;
  }
  const id = newId();
  const title = `${plan.environment}: ${plan.agents.map(({ label }) => label).join(', ')}`;
  await store.append(id, [
    { type: 'thread.started', kind: 'experiment', title, sandbox: plan.sandbox, ...here },
    { type: 'experiment.planned', plan },
  ]);
  return id;
}

async function runCell(
  options: RunExperimentOptions,
  experiment: string,
  cell: Cell,
  task: Task,
  repositories: Repositories,
  signal: AbortSignal,
  remember: (result: RolloutFinished) => Promise<void>,
): Promise<void> {
  let repository: Repository | undefined;
  const origin = originOf(task);
  try {
    if (origin.base !== undefined) repository = await repositories.open(origin.path);
  } catch (error) {
    // A repository that has moved is no fault of the agent, and no reason to give up the others.
    const nothing = { reward: null, metrics: {}, steps: 0, seconds: 0, status: 'failed' } as const;
    const reason = error instanceof Error ? error.message : String(error);
    const where = { thread: experiment, repository: origin.identity };
    return remember({ type: 'rollout.finished', ...cell, ...where, ...nothing, reason });
  }
  await runRollout({
    store: options.store,
    experiment,
    cell,
    task,
    ...(repository && { repository }),
    agent: options.agents.get(cell.agent)!,
    sandbox: options.sandbox,
    ...(options.passEnv && { passEnv: options.passEnv }),
    ...(options.allowHosts && { allowHosts: options.allowHosts }),
    budget: options.budget,
    home: options.home,
    version: options.version,
    signal,
    remember,
  });
}

/** Each repository is opened once. */
class Repositories {
  readonly #open = new Map<string, Promise<Repository>>();

  open(path: string): Promise<Repository> {
    let repository = this.#open.get(path);
    if (!repository) {
      repository = openRepository(path);
      this.#open.set(path, repository);
    }
    return repository;
  }
}
