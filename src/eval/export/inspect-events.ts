import { argumentsOf, inspectTime, type Told, toOutput } from './inspect-messages.ts';
import type { ExportedRollout } from './rollouts.ts';

interface Ending {
  model: string;
  /** When it ended, in milliseconds since 1970. */
  until: number;
  error: object | undefined;
  scores: Record<string, object> | undefined;
  limit: { type: string; limit: number; reason: string } | undefined;
}

/**
 * What happened in a rollout as the events of Inspect's transcript, in order of writing. The input of a model's event is
 * a range of the messages, which stand in the sample's `events_data`.
 */
export function toEvents(
  messages: readonly Told[],
  { id, result, prompt, started }: ExportedRollout,
  { model, until, error, scores, limit }: Ending,
): Record<string, unknown>[] {
  const begin = started?.at ?? until;
  const events: Record<string, unknown>[] = [];
  const add = (event: string, at: number, fields: object) =>
    events.push({
      uuid: `${id}-e${events.length}`,
      event,
      timestamp: inspectTime(at),
      working_start: Math.max(0, at - begin) / 1000,
      ...fields,
    });
  add('sample_init', begin, { sample: { id: result.task, input: prompt, target: '' }, state: {} });
  const inputs = new Map<string, unknown>();
  let from = 0;
  for (const [index, told] of messages.entries()) {
    const { source, message } = told;
    if (source.role === 'user' && source.fresh) {
      from = index;
      const { tokensBefore, tokensAfter } = source.fresh;
      const tokens = { tokens_before: tokensBefore, tokens_after: tokensAfter };
      add('compaction', source.at, { type: 'summary', source: 'kino', ...tokens });
    } else if (source.role === 'assistant' && source.call) {
      const { durationMs, toolCalls } = source.call;
      for (const { callId, input } of toolCalls) inputs.set(callId, input);
      add('model', source.at - durationMs, {
        model,
        input: [],
        input_refs: index > from ? [[from, index]] : [],
        tools: [],
        tool_choice: 'auto',
        config: {},
        output: toOutput(told, model),
        completed: inspectTime(source.at),
        working_time: durationMs / 1000,
      });
    } else if (source.role === 'tool') {
      const { callId, tool, ok, durationMs } = source.ended;
      add('tool', source.at - durationMs, {
        id: callId,
        function: tool,
        arguments: argumentsOf(inputs.get(callId)),
        result: source.text,
        ...(!ok && { error: message.error }),
        completed: inspectTime(source.at),
        working_time: durationMs / 1000,
        message_id: message.id,
      });
    }
  }
  if (limit) add('sample_limit', until, { type: limit.type, message: limit.reason, limit: limit.limit });
  if (error) add('error', until, { error });
  for (const [scorer, score] of Object.entries(scores ?? {})) {
    add('score', until, { score, scorer, target: '' });
  }
  return events;
}
