import type { Usage } from '../../thread/index.ts';
import { isoTime } from './files.ts';
import type { Message } from './transcript.ts';

/** What Inspect calls the model of an agent that has none. */
export const NO_MODEL = 'none/none';

/** Its own times have this offset, not a Z. */
export function inspectTime(milliseconds: number): string {
  return isoTime(milliseconds).replace('Z', '+00:00');
}

/** Inspect counts what a cache answered apart. */
export function inspectUsage(usage: Usage, costUsd?: number) {
  const { inputTokens = 0, cachedTokens, outputTokens = 0, reasoningTokens } = usage;
  return {
    input_tokens: inputTokens - (cachedTokens ?? 0),
    output_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    ...(cachedTokens !== undefined && { input_tokens_cache_read: cachedTokens }),
    ...(reasoningTokens !== undefined && { reasoning_tokens: reasoningTokens }),
    ...(costUsd !== undefined && { total_cost: costUsd }),
  };
}

/** A message with what it becomes in Inspect's log. */
export interface Told {
  source: Message;
  message: Record<string, unknown>;
}

export function toMessage(source: Message, id: string): Told {
  if (source.role === 'user') return { source, message: { id, role: 'user', content: source.text } };
  if (source.role === 'tool') {
    const { callId, tool, ok } = source.ended;
    const error = { type: 'unknown', message: source.text.slice(0, 1000) };
    const what = { tool_call_id: callId, function: tool, ...(!ok && { error }) };
    return { source, message: { id, role: 'tool', content: source.text, ...what } };
  }
  const { call } = source;
  const reasoning = call?.reasoning;
  const content =
    reasoning === undefined || reasoning === ''
      ? source.text
      : [
          { type: 'reasoning', reasoning },
          { type: 'text', text: source.text },
        ];
  const calls = call?.toolCalls.map(({ callId, tool, input, malformed }) => ({
    id: callId,
    function: tool,
    arguments: argumentsOf(input),
    ...(malformed !== undefined && { parse_error: `no JSON object: ${malformed}` }),
  }));
  return {
    source,
    message: {
      id,
      role: 'assistant',
      source: call ? 'generate' : 'input',
      content,
      ...(calls && calls.length > 0 && { tool_calls: calls }),
    },
  };
}

const STOPS: Record<string, string> = {
  stop: 'stop',
  length: 'max_tokens',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
};

export function toOutput({ source, message }: Told, model: string) {
  const call = source.role === 'assistant' ? source.call : undefined;
  return {
    model,
    choices: [{ message, stop_reason: call ? (STOPS[call.finish] ?? 'unknown') : 'stop' }],
    completion: source.text,
    ...(call && call.usage.inputTokens !== undefined && { usage: inspectUsage(call.usage, call.costUsd) }),
    ...(call && { time: call.durationMs / 1000 }),
  };
}

/** The input of a call as Inspect's logs want it: an object, whatever the model sent. */
export function argumentsOf(input: unknown): Record<string, unknown> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return {};
  return { ...input };
}
