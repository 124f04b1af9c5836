import { join } from 'node:path';
import { type Agent, type AgentBudget, runInThread } from '../agent/index.ts';
import { type Environment, environmentOf, type Score, type Task, type Work } from '../environment/index.ts';
import type { Repository } from '../git/index.ts';
import type { SandboxName } from '../sandbox/index.ts';
import { newId, type RolloutFinished, type ThreadStore } from '../thread/index.ts';
import type { Cell } from './experiment.ts';
import { RolloutWorkspace } from './workspace.ts';

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
  /** Keeps the result; called before the workspace is removed, which can take long. */
  remember(result: RolloutFinished): Promise<void>;
}

/**
 * One agent on one task: a workspace without the future, a thread, a score. Infrastructure that fails leaves the
 * rollout unscored.
 *
 * What was interrupted is not remembered: it counts as not tried.
 *
 * @throws StoreWriteError
 */
export async function runRollout(options: RolloutOptions): Promise<void> {
  const { store, cell, task, agent, signal } = options;
  const environment = await environmentOf(task.kind);
  const thread = newId();
  const place = { home: options.home, signal };
  const workspace = new RolloutWorkspace({
    ...options,
    base: task.base,
    ...(environment.prepare && {
      prepare: (folder: string) => environment.prepare!(task, folder, options.repository, place),
    }),
  });
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
        if (status === 'interrupted' || signal.aborted) return [];
        // Whatever the agent left running is dead before its work is judged.
        await workspace.close();
        const events = await store.read(thread);
        score = infrastructure
          ? { reward: null, metrics: {}, findings: [], explanation: reason }
          : await verify(environment, task, {
              answer,
              repository: options.repository,
              ...(workspace.folder !== undefined && { folder: workspace.folder }),
              events,
              signs: workspace.signs,
              place,
            });
        // Ctrl-C reaches git as well: a verifier that was stopped has not judged.
        if (signal.aborted) return [];
        return [{ type: 'rollout.scored', task: task.id, attempt: cell.attempt, ...score }];
      },
    });
    if (outcome.status === 'interrupted' || signal.aborted) return;
    await options.remember({
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
    });
  } finally {
    await workspace.remove();
  }
}

/** A verifier that fails is infrastructure: the agent did nothing to deserve a 0. */
async function verify(environment: Environment, task: Task, work: Work): Promise<Score> {
  try {
    return await environment.verify(task, work);
  } catch (error) {
    return {
      reward: null,
      metrics: {},
      findings: [],
      explanation: `The verifier failed: ${(error as Error).message}`,
    };
  }
}
