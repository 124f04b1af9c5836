import type { RolloutFinished } from '../thread/index.ts';
import { cellsOf, type Experiment } from './experiment.ts';
import { type Estimate, estimateMean, meanOf, type Observation } from './statistics/clustered.ts';
import { quantile } from './statistics/quantile.ts';

/** How one agent did. */
export interface AgentReport {
  agent: string;
  /** The mean reward over tasks, each task the mean of its attempts. */
  reward: Estimate | null;
  /** What a cluster is: repositories where there are several, tasks otherwise. */
  clusteredBy: 'repository' | 'task';
  /** The mean of every other metric. */
  metrics: Record<string, number>;
  rollouts: number;
  unscored: number;
  /** Planned and not yet run. */
  missing: number;
  /** US dollars; null where any rollout's cost is unknown. */
  costUsd: number | null;
  seconds: { median: number; p95: number };
  /** The mean number of steps. */
  steps: number;
}

/** One row for each agent of an experiment, in the order of its plan. */
export function reportAgents(experiment: Experiment): AgentReport[] {
  const results = [...experiment.results.values()];
  const planned = cellsOf(experiment.plan);
  return experiment.plan.agents.map(({ label }) => {
    const own = results.filter((result) => result.agent === label);
    const scored = own.filter((result) => result.reward !== null);
    const { observations, clusteredBy } = observe(scored);
    const costs = own.map((result) => result.costUsd);
    const seconds = own.map((result) => result.seconds);
    return {
      agent: label,
      reward: observations.length === 0 ? null : estimateMean(observations, { bounds: [0, 1] }),
      clusteredBy,
      metrics: meanMetrics(scored),
      rollouts: own.length,
      unscored: own.length - scored.length,
      missing: planned.filter((cell) => cell.agent === label).length - own.length,
      costUsd: costs.includes(undefined) ? null : costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0),
      seconds: { median: quantile(seconds, 0.5), p95: quantile(seconds, 0.95) },
      steps: own.length === 0 ? 0 : meanOf(own.map((result) => result.steps)),
    };
  });
}

/** The mean reward of each task, with the cluster that it belongs to. */
export function taskMeans(
  scored: readonly RolloutFinished[],
): Map<string, { value: number; repository: string }> {
  const byTask = Map.groupBy(scored, (result) => result.task);
  return new Map(
    [...byTask].map(([task, results]) => [
      task,
      { value: meanOf(results.map((result) => result.reward!)), repository: results[0]!.repository },
    ]),
  );
}

function observe(scored: readonly RolloutFinished[]): {
  observations: Observation[];
  clusteredBy: 'repository' | 'task';
} {
  const means = taskMeans(scored);
  const clusteredBy = clusterOf([...means.values()].map(({ repository }) => repository));
  const observations = [...means].map(([task, { value, repository }]) => ({
    value,
    cluster: clusteredBy === 'repository' ? repository : task,
  }));
  return { observations, clusteredBy };
}

/** Tasks of one repository share its luck, so several repositories are the clusters; one alone cannot be. */
export function clusterOf(repositories: readonly string[]): 'repository' | 'task' {
  return new Set(repositories).size > 1 ? 'repository' : 'task';
}

function meanMetrics(scored: readonly RolloutFinished[]): Record<string, number> {
  const names = new Set(scored.flatMap((result) => Object.keys(result.metrics)));
  const metrics: Record<string, number> = {};
  for (const name of names) {
    metrics[name] = meanOf(scored.flatMap((result) => result.metrics[name] ?? []));
  }
  return metrics;
}
