import { join } from 'node:path';
import { type Agent, type AgentBudget, type Job, type Outcome, runInThread } from '../agent/index.ts';
import {
  type Environment,
  environmentOf,
  originOf,
  type Place,
  type Score,
  type Task,
  type Work,
} from '../environment/index.ts';
import type { Repository } from '../git/index.ts';
import type { SandboxName } from '../sandbox/index.ts';
import { newId, type RolloutFinished, type ThreadStore } from '../thread/index.ts';
import type { Cell } from './experiment.ts';
import { RolloutWorkspace, repositoryWorkspace } from './workspace.ts';

export interface RolloutOptions {
  store: ThreadStore;
  /** The experiment's thread. */
  experiment: string;
  cell: Cell;
  task: Task;
  /** Absent where the task comes from none. */
  repository?: Repository;
  agent: Agent;
  sandbox: SandboxName;
  passEnv?: readonly string[];
  /** Hosts that the person allows, for what an environment installs. */
  allowHosts?: readonly string[];
  budget: AgentBudget;
  /** Kino's home folder: workspaces and outputs lie there. */
  home: string;
  version: string;
  signal: AbortSignal;
  /** Keeps the result; called before the workspace is removed, which can take long. */
  remember(result: RolloutFinished): Promise<void>;
}

const UNSCORED: Score = { reward: null, metrics: {}, findings: [] };

/**
 * One agent on one task: a workspace without the future, a thread, a score. Infrastructure that fails leaves the
 * rollout unscored.
 *
 * What was interrupted is not remembered: it counts as not tried.
 *
 * @throws StoreWriteError
 */
export async function runRollout(options: RolloutOptions): Promise<void> {
  const { store, cell, task, agent, repository, signal, home, allowHosts } = options;
  const environment = await environmentOf(task.kind);
  const origin = originOf(task);
  const thread = newId();
  const place: Place = { home, signal, ...(allowHosts && { allowHosts }) };
  const isOracle = agent.name === 'oracle';
  const workspace = new RolloutWorkspace(home, (folder) =>
    environment.open
      ? environment.open(task, folder, place, isOracle)
      : repositoryWorkspace({ ...options, folder, task, environment, place }),
  );
  const work = new StepByStep({
    agent,
    environment,
    task,
    thread,
    store,
    workspace,
    place,
    ...(repository && { repository }),
  });
  try {
    const outcome = await runInThread({
      store,
      thread,
      agent: work,
      outputs: join(home, 'outputs'),
      about: {
        kind: 'rollout',
        title: task.statement.split('\n', 1)[0]!.slice(0, 120),
        repository: origin.path,
        ...(origin.base !== undefined && { base: origin.base }),
        parent: options.experiment,
        sandbox: options.sandbox,
        mode: 'bypass',
        kino: options.version,
      },
      job: {
        prompt: environment.prompt(task),
        workspace: () => workspace.open(),
        ...(repository && origin.base !== undefined && { repository: { repository, base: origin.base } }),
        budget: options.budget,
        signal,
      },
      beforeEnd: async (ended) => {
        if (ended.status === 'interrupted' || signal.aborted) return [];
        // What broke before there was anything to judge.
        work.score ??= { ...UNSCORED, explanation: ended.reason };
        return [{ type: 'rollout.scored', task: task.id, attempt: cell.attempt, ...work.score }];
      },
    });
    if (outcome.status === 'interrupted' || signal.aborted) return;
    const { reward, metrics, explanation } = work.score ?? UNSCORED;
    await options.remember({
      type: 'rollout.finished',
      thread,
      ...cell,
      repository: origin.identity,
      status: outcome.status,
      reason: reward === null ? (explanation ?? outcome.reason) : outcome.reason,
      reward,
      metrics,
      steps: outcome.steps,
      seconds: outcome.durationMs / 1000,
      ...(outcome.costUsd !== undefined && { costUsd: outcome.costUsd }),
      ...(agent.model === undefined && { costUsd: 0 }),
    });
  } finally {
    await workspace.remove();
  }
}

interface StepByStepOptions {
  agent: Agent;
  environment: Environment;
  task: Task;
  thread: string;
  store: ThreadStore;
  repository?: Repository;
  workspace: RolloutWorkspace;
  place: Place;
}

/** An agent that works through the steps of a task, each judged when it is done; most tasks have one. */
class StepByStep implements Agent {
  readonly name: string;
  declare readonly model?: string;
  score: Score | undefined;
  readonly #options: StepByStepOptions;

  constructor(options: StepByStepOptions) {
    this.#options = options;
    this.name = options.agent.name;
    if (options.agent.model !== undefined) this.model = options.agent.model;
  }

  async run(job: Job): Promise<Outcome> {
    const { agent, environment, task, store, thread, workspace, place } = this.#options;
    const scores: Score[] = [];
    let history = job.history;
    let steps = 0;
    for (let step = 0; ; step++) {
      const prompt = environment.prompt(task, step);
      if (step > 0) {
        await environment.next?.(task, workspace.folder!, place, step);
        await job.emit({ type: 'user.message', text: prompt });
        history = await store.read(thread);
      }
      const reference = agent.name === 'oracle' ? await environment.reference(task, step) : undefined;
      const outcome = await agent.run({ ...job, prompt, history, ...(reference && { reference }) });
      steps += outcome.steps;
      if (outcome.status === 'interrupted' || job.signal.aborted) return outcome;
      // Whatever the agent left running is dead before its work is judged.
      await workspace.close();
      scores.push(await this.#judge(outcome, step));
      // Ctrl-C reaches git as well: a verifier that was stopped has not judged.
      if (job.signal.aborted) return { ...outcome, status: 'interrupted' };
      this.score = environment.total ? await environment.total(task, scores) : scores[0];
      if (this.score) return { ...outcome, steps };
    }
  }

  async #judge(outcome: Outcome, step: number): Promise<Score> {
    const { environment, task, store, thread, workspace, place, repository } = this.#options;
    if (outcome.infrastructure) return { ...UNSCORED, explanation: outcome.reason };
    const work: Work = {
      answer: outcome.answer,
      ...(repository && { repository }),
      ...(workspace.folder !== undefined && { folder: workspace.folder }),
      events: await store.read(thread),
      signs: workspace.signs,
      place,
      step,
    };
    try {
      return await environment.verify(task, work);
    } catch (error) {
      // A verifier that fails is infrastructure: the agent did nothing to deserve a 0.
      return { ...UNSCORED, explanation: `The verifier failed: ${(error as Error).message}` };
    }
  }
}
