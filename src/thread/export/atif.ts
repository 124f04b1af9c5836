import type { AssistantMessage, StoredEvent, ThreadEvent, Usage } from '../event.ts';
import { type Atif, type AtifStep, atifSchema } from './atif-schema.ts';

/**
 * A thread as an ATIF v1.7 trajectory: one step for each message of the person and each answer of the model,
 * the results of an answer's tool calls in the same step. An agent that calls no model gives one step with
 * its answer and `llm_call_count` 0.
 *
 * @param id the thread's id, which becomes `session_id` and `trajectory_id`
 * @throws z.ZodError when the events do not make a valid trajectory
 */
export function toAtif(id: string, events: readonly StoredEvent[]): Atif {
  const started = find(events, 'thread.started');
  const ended = find(events, 'thread.ended');
  const scored = find(events, 'rollout.scored');
  const steps: AtifStep[] = [];
  const open = new Map<string, AtifStep>();
  const add = (event: StoredEvent, step: Omit<AtifStep, 'step_id' | 'timestamp'>): AtifStep => {
    const whole = { step_id: steps.length + 1, timestamp: new Date(event.at).toISOString(), ...step };
    steps.push(whole);
    return whole;
  };

  for (const event of events) {
    if (event.type === 'user.message') add(event, { source: 'user', message: event.text });
    else if (event.type === 'assistant.message') {
      const step = add(event, agentStep(event));
      for (const call of event.toolCalls) open.set(call.callId, step);
    } else if (event.type === 'tool.ended') {
      const step = open.get(event.callId);
      if (!step) continue;
      step.observation ??= { results: [] };
      step.observation.results.push({
        source_call_id: event.callId,
        content: event.output,
        extra: { ok: event.ok, duration_ms: event.durationMs },
      });
    }
  }
  const answered = steps.some((step) => step.source === 'agent');
  if (ended && !answered) add(ended, { source: 'agent', message: ended.answer, llm_call_count: 0 });
  if (steps.length === 0 && events[0]) add(events[0], { source: 'system', message: started?.title ?? '' });

  return atifSchema.parse({
    schema_version: 'ATIF-v1.7',
    session_id: id,
    trajectory_id: id,
    agent: {
      name: started?.agent ?? 'kino',
      version: started?.kino ?? 'unknown',
      ...(started?.model !== undefined && { model_name: started.model }),
    },
    steps,
    ...(ended && { final_metrics: { ...totals(ended.usage, ended.costUsd), total_steps: steps.length } }),
    ...(scored && {
      extra: { reward: scored.reward, metrics: scored.metrics, task: scored.task, attempt: scored.attempt },
    }),
  });
}

function find<T extends ThreadEvent['type']>(events: readonly StoredEvent[], type: T) {
  return events.findLast((event): event is Extract<StoredEvent, { type: T }> => event.type === type);
}

function agentStep(event: AssistantMessage): Omit<AtifStep, 'step_id' | 'timestamp'> {
  const { usage } = event;
  return {
    source: 'agent',
    message: event.text,
    ...(event.reasoning !== undefined && { reasoning_content: event.reasoning }),
    ...(event.toolCalls.length > 0 && {
      tool_calls: event.toolCalls.map((call) => ({
        tool_call_id: call.callId,
        function_name: call.tool,
        arguments: isRecord(call.input) ? call.input : {},
        ...(call.malformed !== undefined && { extra: { malformed: call.malformed } }),
      })),
    }),
    llm_call_count: 1,
    metrics: {
      ...(usage.inputTokens !== undefined && { prompt_tokens: usage.inputTokens }),
      ...(usage.outputTokens !== undefined && { completion_tokens: usage.outputTokens }),
      ...(usage.cachedTokens !== undefined && { cached_tokens: usage.cachedTokens }),
      ...(event.costUsd !== undefined && { cost_usd: event.costUsd }),
      ...(usage.reasoningTokens !== undefined && { extra: { reasoning_tokens: usage.reasoningTokens } }),
    },
  };
}

function totals(usage: Usage, costUsd: number | undefined) {
  return {
    ...(usage.inputTokens !== undefined && { total_prompt_tokens: usage.inputTokens }),
    ...(usage.outputTokens !== undefined && { total_completion_tokens: usage.outputTokens }),
    ...(usage.cachedTokens !== undefined && { total_cached_tokens: usage.cachedTokens }),
    ...(costUsd !== undefined && { total_cost_usd: costUsd }),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
