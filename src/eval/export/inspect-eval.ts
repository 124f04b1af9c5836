import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RolloutFinished, ThreadStatus, Usage } from '../../thread/index.ts';
import type { Experiment, Plan } from '../experiment.ts';
import { type AgentReport, reportAgents, taskMeans } from '../report.ts';
import type { Estimate } from '../statistics/clustered.ts';
import { toJson } from './files.ts';
import { inspectTime, inspectUsage, NO_MODEL } from './inspect-messages.ts';
import { type Sample, toSample } from './inspect-sample.ts';
import { environmentName, fingerprint, slug } from './names.ts';
import type { ExportSource } from './rollouts.ts';
import { ZipWriter } from './zip.ts';

/** Version of Inspect's log format. */
const LOG_VERSION = 2;
/** Inspect shows the beginning of a long input in its list of samples. */
const MAX_SUMMARY_CHARS = 5_000;

/**
 * Writes an experiment as logs of Inspect AI, `logs/<time>_<environment>_<id>.eval`, one for each agent: a task is a
 * sample, an attempt an epoch. Checked against inspect-ai 0.3.285.
 *
 * @param folder what becomes the parent of `logs`
 * @throws ThreadNotFoundError @throws ZipEntryError @throws the file system's errors
 */
export async function writeInspectLogs(source: ExportSource, folder: string): Promise<void> {
  const { experiment } = source;
  const { plan, summary } = experiment;
  const logs = join(folder, 'logs');
  await mkdir(logs, { recursive: true });
  const created = inspectTime(summary.startedAt);
  for (const report of reportAgents(experiment)) {
    const agent = plan.agents.find(({ label }) => label === report.agent)!;
    const id = fingerprint([summary.id, agent.label], 22);
    const name = `${created.replace(/\.\d+/, '').replaceAll(':', '-')}_${environmentName(plan.environment)}_${id}.eval`;
    await using zip = await ZipWriter.create(join(logs, name));
    const start = { version: LOG_VERSION, eval: toSpec(experiment, agent, report, id), plan: toPlan(agent) };
    await zip.add('_journal/start.json', toJson(start));
    const summaries: object[] = [];
    const usage: Usage = {};
    let costUsd: number | undefined = 0;
    for await (const rollout of source.rollouts(agent.label)) {
      const sample = toSample(plan, rollout);
      await zip.add(`samples/${slug(sample.id)}_epoch_${sample.epoch}.json`, toJson(sample));
      summaries.push(toSummary(sample));
      for (const key of ['inputTokens', 'cachedTokens', 'outputTokens', 'reasoningTokens'] as const) {
        const count = rollout.ended?.usage[key];
        if (count !== undefined) usage[key] = (usage[key] ?? 0) + count;
      }
      const { costUsd: cost } = rollout.result;
      costUsd = costUsd === undefined || cost === undefined ? undefined : costUsd + cost;
    }
    await zip.add('summaries.json', toJson(summaries));
    await zip.add('reductions.json', toJson(toReductions(experiment, report)));
    const header = {
      version: LOG_VERSION,
      status: STATUS[summary.status],
      eval: start.eval,
      plan: start.plan,
      results: toResults(experiment, report),
      stats: {
        started_at: created,
        completed_at: summary.status === 'running' ? '' : inspectTime(summary.updatedAt),
        ...(usage.inputTokens !== undefined && {
          model_usage: { [agent.model ?? NO_MODEL]: inspectUsage(usage, costUsd) },
        }),
      },
    };
    await zip.add('header.json', toJson(header));
    await zip.finish();
  }
}

const STATUS: Record<ThreadStatus, string> = {
  done: 'success',
  running: 'started',
  interrupted: 'cancelled',
  failed: 'error',
  exhausted: 'error',
};

function toSpec(
  { plan, summary }: Experiment,
  agent: Plan['agents'][number],
  report: AgentReport,
  id: string,
) {
  const { seconds, tokens, steps, usd } = plan.budget;
  return {
    eval_id: id,
    run_id: summary.id,
    created: inspectTime(summary.startedAt),
    task: environmentName(plan.environment),
    task_id: id,
    task_version: 0,
    task_args: {},
    solver: agent.label,
    solver_args: {},
    tags: ['kino'],
    dataset: {
      name: plan.environment,
      samples: plan.tasks.length,
      sample_ids: plan.tasks,
      shuffled: false,
    },
    sandbox: { type: plan.sandbox },
    model: agent.model ?? NO_MODEL,
    ...(plan.baseUrl !== undefined && { model_base_url: plan.baseUrl }),
    config: {
      epochs: plan.attempts,
      epochs_reducer: ['mean'],
      fail_on_error: false,
      ...(seconds !== undefined && { time_limit: Math.ceil(seconds) }),
      ...(tokens !== undefined && { token_limit: tokens }),
      ...(steps !== undefined && { turn_limit: steps }),
      ...(usd !== undefined && { cost_limit: usd }),
    },
    packages: { kino: plan.kino },
    metadata: { experiment: summary.id, agent: agent.label },
    scorers: estimatesOf(report).map(([name]) => ({ name, metrics: METRICS })),
  };
}

/** Those of Inspect's own metrics that are nearest; the intervals of a report stand beside them. */
const METRICS = [{ name: 'inspect_ai/mean' }, { name: 'inspect_ai/stderr' }];

function toPlan(agent: Plan['agents'][number]) {
  return { name: 'plan', steps: [{ solver: agent.label, params: {} }], config: {} };
}

/** The reward, then every other metric. */
function estimatesOf({ reward, metrics }: AgentReport): [name: string, estimate: Estimate][] {
  const { reward: _, ...others } = metrics;
  return reward ? [['reward', reward], ...Object.entries(others).filter(([, { n }]) => n > 0)] : [];
}

function toResults({ plan }: Experiment, report: AgentReport) {
  return {
    total_samples: plan.tasks.length * plan.attempts,
    completed_samples: report.rollouts - report.unscored,
    logged_samples: report.rollouts,
    scores: estimatesOf(report).map(([name, estimate]) => ({
      name,
      scorer: name,
      reducer: 'mean',
      // After the mean over attempts what is counted is tasks.
      scored_samples: estimate.n,
      unscored_samples: plan.tasks.length - estimate.n,
      metrics: toMetrics(estimate, report.clusteredBy),
    })),
    metadata: { unscored: report.unscored, missing: report.missing },
  };
}

function toMetrics({ mean, n, clusters, standardError, interval }: Estimate, clusteredBy: string) {
  const metadata = { n, clusters, clustered_by: clusteredBy, ...(interval && { interval }) };
  return {
    mean: { name: 'mean', value: mean, metadata },
    // It is not known from one cluster.
    ...(interval && { stderr: { name: 'stderr', value: standardError, metadata } }),
  };
}

/** The mean of each task over its scored attempts. A task without any is left out: it has no mean, and not 0. */
function toReductions({ plan, results }: Experiment, report: AgentReport) {
  const scored = [...results.values()].filter(
    (result) => result.agent === report.agent && result.reward !== null,
  );
  return estimatesOf(report).map(([scorer]) => {
    const measure = ({ reward, metrics }: RolloutFinished) =>
      scorer === 'reward' ? reward : metrics[scorer];
    const means = taskMeans(scored, measure);
    return {
      scorer,
      reducer: 'mean',
      samples: plan.tasks.flatMap((task) => {
        const mean = means.get(task);
        return mean ? [{ value: mean.value, sample_id: task }] : [];
      }),
    };
  });
}

/** A sample as Inspect's `EvalSampleSummary`. */
function toSummary(sample: Sample) {
  const { id, epoch, target, metadata, scores, model_usage, uuid } = sample;
  const { started_at, completed_at, total_time, error, limit, turn_count } = sample;
  return {
    id,
    epoch,
    input: sample.input.slice(0, MAX_SUMMARY_CHARS),
    target,
    metadata,
    scores,
    model_usage,
    started_at,
    completed_at,
    total_time,
    uuid,
    error: error?.message,
    limit: limit?.type,
    limit_reason: limit?.reason,
    completed: true,
    message_count: sample.messages.length,
    turn_count,
  };
}
