import type { Plan } from '../experiment.ts';
import { toEvents } from './inspect-events.ts';
import { inspectTime, inspectUsage, NO_MODEL, toMessage, toOutput } from './inspect-messages.ts';
import { type ExportedRollout, reachedBound } from './rollouts.ts';
import { transcriptOf } from './transcript.ts';

const LIMITS = { steps: 'turn', seconds: 'time', tokens: 'token', usd: 'cost' } as const;

/**
 * A rollout as Inspect's `EvalSample`: its task is the sample, its attempt the epoch. One that is unscored has an
 * error and no scores, as a sample has that broke.
 */
export function toSample(plan: Plan, rollout: ExportedRollout) {
  const { id, result, agent, started, ended } = rollout;
  const model = agent.model ?? NO_MODEL;
  const messages = transcriptOf(rollout.events).map((message, index) => toMessage(message, `${id}-${index}`));
  const answer = messages.findLast(({ source }) => source.role === 'assistant');
  const bound = reachedBound(rollout, plan.budget);
  const until = ended?.at ?? result.at;
  const error =
    result.reward === null ? { message: result.reason, traceback: '', traceback_ansi: '' } : undefined;
  const scores = result.reward === null ? undefined : toScores(rollout, result.reward);
  const limit = bound && { type: LIMITS[bound.bound], limit: bound.limit, reason: result.reason };
  return {
    id: result.task,
    epoch: result.attempt,
    input: rollout.prompt,
    target: '',
    messages: messages.map(({ message }) => message),
    output: answer ? toOutput(answer, model) : {},
    ...(scores && { scores }),
    metadata: {
      thread: id,
      agent: result.agent,
      repository: result.repository,
      ...(started?.base !== undefined && { base: started.base }),
      status: result.status,
      reason: result.reason,
    },
    store: {},
    events: toEvents(messages, rollout, { model, until, error, scores, limit }),
    ...(ended &&
      ended.usage.inputTokens !== undefined && {
        model_usage: { [model]: inspectUsage(ended.usage, ended.costUsd) },
      }),
    ...(started && { started_at: inspectTime(started.at) }),
    completed_at: inspectTime(until),
    total_time: result.seconds,
    uuid: id,
    ...(error && { error }),
    attachments: {},
    // Every event of a model points into one list, or a long conversation would be there as often as it has steps.
    events_data: { messages: messages.map(({ message }) => message), calls: [] },
    ...(limit && { limit }),
    turn_count: result.steps,
  };
}

export type Sample = ReturnType<typeof toSample>;

/** The reward with what explains it, then every other metric as a score of its own. */
function toScores({ result, scored, ended }: ExportedRollout, reward: number) {
  const { reward: _, ...metrics } = result.metrics;
  return {
    reward: {
      value: reward,
      ...(ended && { answer: ended.answer }),
      ...(scored?.explanation !== undefined && { explanation: scored.explanation }),
      metadata: { findings: scored?.findings ?? [] },
    },
    ...Object.fromEntries(
      Object.entries(metrics)
        // What is no number has become null in the store.
        .filter(([, value]) => Number.isFinite(value))
        .map(([name, value]) => [name, { value }]),
    ),
  };
}
