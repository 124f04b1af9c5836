import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Agent, type AgentBudget, runInThread } from '../agent/index.ts';
import { ENVIRONMENTS, type Score, type Task } from '../environment/index.ts';
import { exportBase, type Repository } from '../git/index.ts';
import { openSandbox, type Sandbox, type SandboxName } from '../sandbox/index.ts';
import { newId, type RolloutFinished, type ThreadStore } from '../thread/index.ts';
import type { Cell } from './experiment.ts';

export interface RolloutOptions {
  store: ThreadStore;
  /** The experiment's thread. */
  experiment: string;
  cell: Cell;
  task: Task;
  repository: Repository;
  agent: Agent;
  sandbox: SandboxName;
  passEnv?: readonly string[];
  budget: AgentBudget;
  /** Kino's home folder: workspaces and outputs lie there. */
  home: string;
  version: string;
  signal: AbortSignal;
}

/**
 * One agent on one task: a workspace without the future, a thread, a score. Infrastructure that fails leaves the
 * rollout unscored.
 *
 * @returns undefined when it was interrupted: it counts as not tried
 * @throws StoreWriteError
 */
export async function runRollout(options: RolloutOptions): Promise<RolloutFinished | undefined> {
  const { store, cell, task, agent, signal } = options;
  const environment = ENVIRONMENTS[task.kind];
  const thread = newId();
  const workspace = new LazyWorkspace(options);
  let score: Score = { reward: null, metrics: {}, findings: [] };
  try {
    const outcome = await runInThread({
      store,
      thread,
      agent,
      outputs: join(options.home, 'outputs'),
      about: {
        kind: 'rollout',
        title: task.statement.split('\n', 1)[0]!.slice(0, 120),
        repository: task.repository.path,
        base: task.base,
        parent: options.experiment,
        sandbox: options.sandbox,
        mode: 'bypass',
        kino: options.version,
      },
      job: {
        prompt: environment.prompt(task),
        workspace: () => workspace.open(),
        repository: { repository: options.repository, base: task.base },
        ...(agent.name === 'oracle' && { reference: environment.reference(task) }),
        budget: options.budget,
        signal,
      },
      beforeEnd: async ({ status, infrastructure, reason, answer }) => {
        if (status === 'interrupted') return [];
        // Whatever the agent left running is dead before its work is judged.
        await workspace.close();
        score = infrastructure
          ? { reward: null, metrics: {}, findings: [], explanation: reason }
          : await verify(options, answer);
        return [{ type: 'rollout.scored', task: task.id, attempt: cell.attempt, ...score }];
      },
    });
    if (outcome.status === 'interrupted') return undefined;
    return {
      type: 'rollout.finished',
      thread,
      ...cell,
      repository: task.repository.identity,
      status: outcome.status,
      reason: score.reward === null ? (score.explanation ?? outcome.reason) : outcome.reason,
      reward: score.reward,
      metrics: score.metrics,
      steps: outcome.steps,
      seconds: outcome.durationMs / 1000,
      ...(outcome.costUsd !== undefined && { costUsd: outcome.costUsd }),
      ...(agent.model === undefined && { costUsd: 0 }),
    };
  } finally {
    await workspace.remove();
  }
}

/** A verifier that fails is infrastructure: the agent did nothing to deserve a 0. */
async function verify({ task, repository }: RolloutOptions, answer: string): Promise<Score> {
  try {
    return await ENVIRONMENTS[task.kind].verify(task, { answer, repository });
  } catch (error) {
    return {
      reward: null,
      metrics: {},
      findings: [],
      explanation: `The verifier failed: ${(error as Error).message}`,
    };
  }
}

/** The workspace of a rollout, made when an agent first asks for it. */
class LazyWorkspace {
  readonly #options: RolloutOptions;
  readonly #folder: string;
  #sandbox: Promise<Sandbox> | undefined;

  constructor(options: RolloutOptions) {
    this.#options = options;
    this.#folder = join(options.home, 'workspaces', randomBytes(8).toString('hex'));
  }

  open(): Promise<Sandbox> {
    this.#sandbox ??= this.#make();
    return this.#sandbox;
  }

  async #make(): Promise<Sandbox> {
    const { repository, task, sandbox, passEnv, signal } = this.#options;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await exportBase(repository, task.base, this.#folder, signal);
    return openSandbox(sandbox, { root: this.#folder, ...(passEnv && { passEnv }) });
  }

  async close(): Promise<void> {
    await this.#sandbox?.then(
      (sandbox) => sandbox.dispose(),
      () => {},
    );
  }

  async remove(): Promise<void> {
    await this.close();
    if (this.#sandbox) await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
