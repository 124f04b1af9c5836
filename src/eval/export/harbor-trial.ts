import { join } from 'node:path';
import { exportThread } from '../../thread/index.ts';
import type { Experiment, Plan } from '../experiment.ts';
import { isoTime, oneLine, writeJson, writeText } from './files.ts';
import { environmentName, slug, splitModel, uuidOf } from './names.ts';
import type { ExportedRollout } from './rollouts.ts';

/** Harbor judges what failed by its name; of one that it does not know it would believe a reward. */
const UNSCORED = 'InfrastructureError';

/** A rollout's folder: the task's name, at most 32 characters of it, and the end of the rollout's id. */
export function trialName({ id, result }: ExportedRollout): string {
  return `${slug(result.task)
    .slice(0, 32)
    .replace(/[_-]+$/, '')}__${slug(id).slice(-7)}`;
}

/** An agent as Harbor's `AgentConfig`. A job has one for each agent of the plan. */
export function agentConfig(agent: Plan['agents'][number], budget: Plan['budget']) {
  return {
    name: agent.name,
    model_name: agent.model ?? null,
    override_timeout_sec: budget.seconds ?? null,
    kwargs: { label: agent.label, budget },
  };
}

/** Kino's sandbox as Harbor's `EnvironmentConfig`, which would mean Docker if it named no other. */
export function environmentConfig(sandbox: string) {
  return { type: null, import_path: `kino:${sandbox}` };
}

/** Where a task of the plan would lie as a folder. */
export function taskPath(plan: Plan, task: string): string {
  return `${environmentName(plan.environment)}/${slug(task)}`;
}

/** A rollout as Harbor's `TrialResult`, version 1. One that is unscored has an exception and no reward. */
export function trialResult(experiment: Experiment, jobName: string, rollout: ExportedRollout) {
  const { plan } = experiment;
  const { id, result, agent, started, scored, ended } = rollout;
  const source = environmentName(plan.environment);
  const from = started?.at ?? null;
  const until = ended?.at ?? result.at;
  return {
    schema_version: 1,
    id: uuidOf('trial', id),
    task_name: result.task,
    trial_name: trialName(rollout),
    trial_uri: `kino:thread/${id}`,
    task_id: { path: taskPath(plan, result.task) },
    source,
    task_checksum: result.task,
    config: trialConfig(experiment, jobName, rollout),
    agent_info: {
      name: agent.name,
      version: started?.kino ?? plan.kino,
      model_info: agent.model === undefined ? null : { provider: null, ...splitModel(agent.model) },
    },
    agent_result: {
      n_input_tokens: ended?.usage.inputTokens ?? null,
      n_cache_tokens: ended?.usage.cachedTokens ?? null,
      n_output_tokens: ended?.usage.outputTokens ?? null,
      cost_usd: result.costUsd ?? null,
      metadata: {
        thread: id,
        agent: result.agent,
        attempt: result.attempt,
        status: result.status,
        reason: result.reason,
        steps: result.steps,
      },
    },
    verifier_result: result.reward === null ? null : { rewards: { reward: result.reward } },
    exception_info:
      result.reward === null
        ? {
            exception_type: UNSCORED,
            exception_message: result.reason,
            exception_traceback: '',
            occurred_at: isoTime(until),
            policy_override: { should_grade: false, has_valid_reward: false },
          }
        : null,
    started_at: from === null ? null : isoTime(from),
    finished_at: isoTime(until),
    // A thread does not tell when its workspace stood and when judging began: they are parts of this.
    agent_execution:
      from === null ? null : { started_at: isoTime(from), finished_at: isoTime(scored?.at ?? until) },
  };
}

function trialConfig({ plan, summary }: Experiment, jobName: string, rollout: ExportedRollout) {
  return {
    schema_version: 1,
    task: {
      path: taskPath(plan, rollout.result.task),
      source: environmentName(plan.environment),
    },
    trial_name: trialName(rollout),
    trials_dir: join('jobs', jobName),
    agent: agentConfig(rollout.agent, plan.budget),
    environment: environmentConfig(plan.sandbox),
    job_id: uuidOf('job', summary.id),
  };
}

/**
 * Writes one trial's folder: `config.json`, `result.json`, `trial.log`, the agent's trajectory, and what the verifier
 * said. An unscored trial has no `reward.txt`, but `exception.txt`.
 *
 * @returns the trial's result
 * @throws z.ZodError for a thread that no trajectory can hold @throws EEXIST where two trials have one name
 */
export async function writeTrial(
  folder: string,
  experiment: Experiment,
  jobName: string,
  rollout: ExportedRollout,
): Promise<ReturnType<typeof trialResult>> {
  const { id, result, events, scored } = rollout;
  const trial = trialResult(experiment, jobName, rollout);
  const at = (name: string) => join(folder, trial.trial_name, name);
  await writeJson(at('config.json'), trial.config);
  await writeJson(at('result.json'), trial);
  await writeText(at('trial.log'), trialLog(rollout));
  if (events.length > 0) {
    await writeJson(at('agent/trajectory.json'), JSON.parse(await exportThread('atif', id, events)));
  }
  if (result.reward === null)
    await writeText(at('exception.txt'), `${UNSCORED}: ${oneLine(result.reason)}\n`);
  else await writeText(at('verifier/reward.txt'), `${result.reward}\n`);
  if (scored) {
    const { metrics, explanation = '', findings } = scored;
    const lines = [
      explanation,
      ...Object.entries(metrics).map(([name, value]) => `${name}: ${value}`),
      ...findings.map(({ name, detail }) => `finding ${name}: ${detail}`),
    ];
    await writeText(at('verifier/test-stdout.txt'), lines.map((line) => `${oneLine(line)}\n`).join(''));
    await writeJson(at('verifier/details.json'), { metrics, explanation, findings });
  }
  return trial;
}

/** What happened when, one line an event; what streams is left out. */
function trialLog({ result, events }: ExportedRollout): string {
  const lines = events
    .filter((event) => event.type !== 'assistant.delta' && event.type !== 'rollout.scored')
    .map((event) => {
      const step = 'step' in event ? ` step ${event.step}` : '';
      const tool = 'tool' in event ? ` ${oneLine(event.tool)}` : '';
      return `${isoTime(event.at)} ${event.type}${step}${tool}`;
    });
  const score = result.reward === null ? 'unscored' : `reward ${result.reward}`;
  const end = `${isoTime(result.at)} ${result.status}, ${score}: ${oneLine(result.reason)}`;
  return `${[...lines, end].join('\n')}\n`;
}
