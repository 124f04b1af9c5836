import { join } from 'node:path';
import type { Experiment } from '../experiment.ts';
import { type AgentReport, reportAgents } from '../report.ts';
import { isoTime, writeJson } from './files.ts';
import { agentConfig, environmentConfig, taskPath, type trialResult, writeTrial } from './harbor-trial.ts';
import { environmentName, uuidOf } from './names.ts';
import type { ExportSource } from './rollouts.ts';

/**
 * Writes an experiment as a Harbor job, `jobs/<name>/`, with a folder for each rollout that finished. What is not
 * finished is pending. Checked against the models of harbor 0.26.
 *
 * @param folder what becomes the parent of `jobs`
 * @throws z.ZodError @throws ThreadNotFoundError @throws the file system's errors
 */
export async function writeHarborJob(source: ExportSource, folder: string): Promise<void> {
  const { experiment } = source;
  const { plan, summary } = experiment;
  const name = `${environmentName(plan.environment)}__${summary.id}`;
  const job = join(folder, 'jobs', name);
  await writeJson(join(job, 'config.json'), {
    schema_version: 1,
    job_name: name,
    jobs_dir: 'jobs',
    n_attempts: plan.attempts,
    // Kino tries nothing again into a score by itself.
    retry: { max_retries: 0 },
    environment: environmentConfig(plan.sandbox),
    agents: plan.agents.map((agent) => agentConfig(agent, plan.budget)),
    tasks: plan.tasks.map((task) => ({
      path: taskPath(plan, task),
      source: environmentName(plan.environment),
    })),
  });

  const stats = new JobStats(experiment);
  for await (const rollout of source.rollouts()) {
    stats.add(rollout.result.agent, await writeTrial(job, experiment, name, rollout));
  }
  await writeJson(join(job, 'result.json'), {
    schema_version: 1,
    id: uuidOf('job', summary.id),
    started_at: isoTime(summary.startedAt),
    updated_at: isoTime(summary.updatedAt),
    finished_at: summary.status === 'running' ? null : isoTime(summary.updatedAt),
    n_total_trials: plan.tasks.length * plan.agents.length * plan.attempts,
    stats: stats.toJson(),
  });
}

type Trial = ReturnType<typeof trialResult>;

interface EvalStats {
  n_trials: number;
  n_errors: number;
  metrics: Record<string, number | string>[];
  reward_stats: { reward?: Record<string, string[]> };
  exception_stats: Record<string, string[]>;
}

const TOTALS = ['n_input_tokens', 'n_cache_tokens', 'n_output_tokens', 'cost_usd'] as const;

/** Counts trials as Harbor's `JobStats` does, but for the means: those of a report, which no unscored trial lowers. */
class JobStats {
  readonly #experiment: Experiment;
  readonly #evals: Record<string, EvalStats> = {};
  readonly #totals: Partial<Record<(typeof TOTALS)[number], number>> = {};
  readonly #reports: Map<string, AgentReport>;
  #completed = 0;
  #errored = 0;

  constructor(experiment: Experiment) {
    this.#experiment = experiment;
    this.#reports = new Map(reportAgents(experiment).map((report) => [report.agent, report]));
  }

  add(agent: string, trial: Trial): void {
    this.#completed++;
    const { name, model_info: model } = trial.agent_info;
    // Harbor's own key: agent, model where there is one, dataset.
    const key = [name, ...(model ? [model.name] : []), trial.source].join('__');
    this.#evals[key] ??= { n_trials: 0, n_errors: 0, metrics: [], reward_stats: {}, exception_stats: {} };
    const stats = this.#evals[key];
    // Agents whose models differ in the provider only share a key.
    if (!stats.metrics.some((means) => means.agent === agent)) {
      stats.metrics.push(...meansOf(this.#reports.get(agent)));
    }
    if (trial.verifier_result) {
      stats.n_trials++;
      stats.reward_stats.reward ??= {};
      put(stats.reward_stats.reward, String(trial.verifier_result.rewards.reward), trial.trial_name);
    }
    if (trial.exception_info) {
      stats.n_errors++;
      this.#errored++;
      put(stats.exception_stats, trial.exception_info.exception_type, trial.trial_name);
    }
    for (const total of TOTALS) {
      const value = trial.agent_result[total];
      if (value !== null) this.#totals[total] = (this.#totals[total] ?? 0) + value;
    }
  }

  toJson() {
    const { plan } = this.#experiment;
    const planned = plan.tasks.length * plan.agents.length * plan.attempts;
    return {
      n_completed_trials: this.#completed,
      n_errored_trials: this.#errored,
      n_pending_trials: planned - this.#completed,
      evals: this.#evals,
      ...this.#totals,
    };
  }
}

/** A mean never stands without its n and, where there is one, its interval. */
function meansOf(report: AgentReport | undefined): EvalStats['metrics'] {
  if (!report?.reward) return [];
  const { mean, n, clusters, interval } = report.reward;
  return [
    { agent: report.agent, mean, n, clusters, ...(interval && { low: interval[0], high: interval[1] }) },
  ];
}

function put(lists: Record<string, string[]>, key: string, value: string): void {
  lists[key] ??= [];
  lists[key].push(value);
}
