import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Usage } from '../../thread/index.ts';
import type { Plan } from '../experiment.ts';
import { toJson, writeText } from './files.ts';
import { environmentName, slug } from './names.ts';
import { type ExportedRollout, type ExportSource, reachedBound } from './rollouts.ts';
import { type Message, transcriptOf } from './transcript.ts';

/**
 * Writes an experiment as runs of verifiers v1: `outputs/<env>--<model>--<harness>--<id>/traces.jsonl` for each agent,
 * an episode of one trace a line. There are no token ids: threads hold messages. Checked against verifiers 0.4.
 *
 * @param folder what becomes the parent of `outputs`
 * @throws ThreadNotFoundError @throws the file system's errors
 */
export async function writeVerifiersRuns(source: ExportSource, folder: string): Promise<void> {
  const { plan, summary } = source.experiment;
  for (const [index, agent] of plan.agents.entries()) {
    // The number tells agents apart whose names make the same run.
    const run = runName(plan, agent, `${summary.id}-${index + 1}`);
    const path = join(folder, 'outputs', run, 'traces.jsonl');
    await writeText(path, '');
    for await (const rollout of source.rollouts(agent.label)) {
      await appendFile(path, `${toJson(toEpisode(source, rollout, run))}\n`);
    }
  }
}

function runName(
  { environment }: Plan,
  { model = 'none', name }: Plan['agents'][number],
  id: string,
): string {
  const parts = [environmentName(environment), slug(model.replaceAll('/', '--')), slug(name), id];
  return parts.join('--').toLowerCase();
}

/** A rollout as verifiers' `Episode`. One that is unscored is not ok, has an error, and its reward is null. */
export function toEpisode({ experiment }: ExportSource, rollout: ExportedRollout, run: string) {
  const { plan, summary } = experiment;
  const { id, result } = rollout;
  const task = {
    type: 'KinoTask',
    key: result.task,
    data: {
      idx: rollout.taskIndex,
      id: result.task,
      ...(rollout.started && { name: rollout.started.title }),
      ...(rollout.prompt !== '' && { prompt: rollout.prompt }),
      repository: result.repository,
      ...(rollout.started?.base !== undefined && { base: rollout.started.base }),
    },
  };
  const ok = result.reward !== null;
  const errors = ok ? [] : [{ type: 'InfrastructureError', message: result.reason }];
  return {
    id,
    env: { id: environmentName(plan.environment) },
    task,
    group: { id: result.task },
    run: { type: 'eval', id: summary.id, name: run },
    ok,
    errors,
    traces: [{ ...toTrace(plan, rollout), task, ok, errors }],
  };
}

function toTrace(plan: Plan, rollout: ExportedRollout) {
  const { id, result, agent, started, scored, ended } = rollout;
  const { nodes, calls } = toGraph(transcriptOf(rollout.events), agent.model);
  const bound = reachedBound(rollout, plan.budget)?.bound;
  const span = { start: (started?.at ?? 0) / 1000, end: (scored?.at ?? ended?.at ?? 0) / 1000 };
  const thinking = calls.reduce((sum, { time }) => sum + time.end - time.start, 0);
  return {
    version: 1,
    id,
    verifiers: { version: `kino-${started?.kino ?? plan.kino}` },
    agent: { name: 'agent', config: agentConfig(plan, agent) },
    nodes,
    calls,
    rewards: { reward: result.reward === null ? null : { score: result.reward, weight: 1 } },
    metrics: result.metrics,
    info: {
      thread: id,
      agent: result.agent,
      attempt: result.attempt,
      status: result.status,
      reason: result.reason,
      ...(scored && { explanation: scored.explanation, findings: scored.findings }),
    },
    // What it answered, also where no model said it.
    ...(ended && ended.answer !== '' && { root_reply: ended.answer }),
    is_completed: true,
    stop_condition: stopCondition(result.reward !== null, result.status, bound),
    is_timeout: bound === 'seconds',
    timing: {
      start: (started?.at ?? result.at) / 1000,
      agent: {
        ...span,
        model: { duration: thinking },
        harness: { duration: Math.max(0, span.end - span.start - thinking) },
      },
    },
  };
}

function agentConfig({ budget }: Plan, agent: Plan['agents'][number]) {
  const positive = (value: number | undefined) => (value !== undefined && value > 0 ? value : undefined);
  return {
    harness: { id: agent.name },
    // The nearest that verifiers knows; without it, it would claim its own cloud.
    runtime: { type: 'subprocess' },
    model: agent.model ?? null,
    max_turns: budget.steps ?? null,
    max_total_tokens: budget.tokens ?? null,
    timeout: { rollout: positive(budget.seconds) ?? null },
  };
}

/** In the words of verifiers, which tells from them whether a trace was cut off. */
function stopCondition(scored: boolean, status: string, bound: string | undefined): string {
  if (!scored) return 'error';
  if (status !== 'exhausted') return status === 'done' ? 'agent_completed' : `agent_${status}`;
  if (bound === 'steps') return 'max_turns';
  if (bound === 'tokens') return 'max_total_tokens';
  return bound === 'seconds' ? 'agent_timeout' : 'agent_exhausted';
}

/** The messages as a graph: a line, and a new root where the conversation started anew from a summary. */
function toGraph(messages: readonly Message[], model: string | undefined) {
  const calls: ReturnType<typeof toCall>[] = [];
  const nodes = messages.map((message, index) => {
    const fresh = index === 0 || (message.role === 'user' && message.fresh !== undefined);
    if (message.role === 'assistant' && message.call) calls.push(toCall(message, index, model));
    return {
      parent: fresh ? null : index - 1,
      message: toMessage(message),
      sampled: message.role === 'assistant' && message.call !== undefined,
      timestamp: message.at / 1000,
    };
  });
  return { nodes, calls };
}

function toMessage(message: Message) {
  if (message.role === 'user') return { role: 'user', content: message.text };
  if (message.role === 'tool') {
    const { callId, tool } = message.ended;
    return { role: 'tool', tool_call_id: callId, name: tool, content: message.text };
  }
  const { call } = message;
  return {
    role: 'assistant',
    content: message.text,
    ...(call?.reasoning !== undefined && { reasoning_content: call.reasoning }),
    ...(call &&
      call.toolCalls.length > 0 && {
        tool_calls: call.toolCalls.map(({ callId, tool, input, malformed }) => ({
          id: callId,
          name: tool,
          arguments: malformed ?? JSON.stringify(input ?? {}),
        })),
      }),
  };
}

const FINISH: Record<string, string> = { stop: 'stop', length: 'length', 'tool-calls': 'tool_calls' };

function toCall(message: Extract<Message, { role: 'assistant' }>, node: number, model: string | undefined) {
  const { usage, costUsd, durationMs, finish } = message.call!;
  return {
    node,
    model: model ?? null,
    finish_reason: FINISH[finish] ?? null,
    usage: toUsage(usage, costUsd),
    time: { start: (message.at - durationMs) / 1000, end: message.at / 1000 },
  };
}

/** Verifiers counts what a cache answered apart. What is not known of a call is no usage at all. */
function toUsage({ inputTokens, cachedTokens, outputTokens, reasoningTokens }: Usage, cost?: number) {
  if (inputTokens === undefined || outputTokens === undefined) return null;
  return {
    prompt_tokens: inputTokens - (cachedTokens ?? 0),
    completion_tokens: outputTokens,
    cached_input_tokens: cachedTokens ?? null,
    reasoning_tokens: reasoningTokens ?? null,
    cost: cost ?? null,
  };
}
