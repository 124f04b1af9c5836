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
  /** Every other metric, in the same way; metrics are shares in 0..1. */
  metrics: Record<string, Estimate>;
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
    const clusteredBy = clusterOf(scored.map((result) => result.repository));
    const estimate = (measure: (result: RolloutFinished) => number | null | undefined) =>
      estimateMean(observe(scored, measure, clusteredBy), { bounds: [0, 1] });
    const costs = own.map((result) => result.costUsd);
    const seconds = own.map((result) => result.seconds);
    return {
      agent: label,
      reward: scored.length === 0 ? null : estimate((result) => result.reward),
      clusteredBy,
      metrics: Object.fromEntries(
        metricsOf(scored).map((name) => [name, estimate((result) => result.metrics[name])]),
      ),
      rollouts: own.length,
      unscored: own.length - scored.length,
      missing: planned.filter((cell) => cell.agent === label).length - own.length,
      costUsd: costs.includes(undefined) ? null : costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0),
      seconds: { median: quantile(seconds, 0.5), p95: quantile(seconds, 0.95) },
      steps: own.length === 0 ? 0 : meanOf(own.map((result) => result.steps)),
    };
  });
}

/** The mean of something over the attempts at each task, with the repository of the task. */
export function taskMeans(
  results: readonly RolloutFinished[],
  measure: (result: RolloutFinished) => number | null | undefined = (result) => result.reward,
): Map<string, { value: number; repository: string }> {
  const means = new Map<string, { value: number; repository: string }>();
  for (const [task, own] of Map.groupBy(results, (result) => result.task)) {
    const values = own.map(measure).filter((value) => typeof value === 'number');
    if (values.length > 0) means.set(task, { value: meanOf(values), repository: own[0]!.repository });
  }
  return means;
}

function observe(
  results: readonly RolloutFinished[],
  measure: (result: RolloutFinished) => number | null | undefined,
  clusteredBy: 'repository' | 'task',
): Observation[] {
  return [...taskMeans(results, measure)].map(([task, { value, repository }]) => ({
    value,
    cluster: clusteredBy === 'repository' ? repository : task,
  }));
}

/** Tasks of one repository share its luck, so several repositories are the clusters; one alone cannot be. */
export function clusterOf(repositories: readonly string[]): 'repository' | 'task' {
  return new Set(repositories).size > 1 ? 'repository' : 'task';
}

function metricsOf(scored: readonly RolloutFinished[]): string[] {
  return [...new Set(scored.flatMap((result) => Object.keys(result.metrics)))];
}
