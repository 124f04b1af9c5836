import type { ThreadEvent } from '../thread/index.ts';

/** What the first and the last line need beyond the events. */
export interface StreamContext {
  thread: string;
  cwd: string;
  model: string;
  mode: string;
  tools: readonly string[];
  /** The calls that were denied so far. */
  denials: readonly { tool: string; callId: string; input: unknown }[];
}

/**
 * The event of a thread as lines of `stream-json`, the shape that scripts expect of a headless agent:
 * `system/init`, `assistant`, `user` (tool results), `result`.
 */
export function toStreamJson(event: ThreadEvent, context: StreamContext): Record<string, unknown>[] {
  const session = { session_id: context.thread };
  switch (event.type) {
    case 'thread.started':
      return [
        {
          type: 'system',
          subtype: 'init',
          ...session,
          cwd: context.cwd,
          tools: context.tools,
          model: context.model,
          permissionMode: context.mode,
        },
      ];
    case 'assistant.delta':
      return [
        {
          type: 'stream_event',
          ...session,
          event: {
            type: 'content_block_delta',
            delta:
              event.channel === 'text'
                ? { type: 'text_delta', text: event.text }
                : { type: 'thinking_delta', thinking: event.text },
          },
        },
      ];
    case 'assistant.message':
      return [
        {
          type: 'assistant',
          ...session,
          message: {
            role: 'assistant',
            model: context.model,
            content: [
              ...(event.text === '' ? [] : [{ type: 'text', text: event.text }]),
              ...event.toolCalls.map(({ callId, tool, input }) => ({
                type: 'tool_use',
                id: callId,
                name: tool,
                input: input ?? {},
              })),
            ],
            stop_reason: event.finish,
            usage: toUsage(event.usage),
          },
        },
      ];
    case 'tool.ended':
      return [
        {
          type: 'user',
          ...session,
          message: {
            role: 'user',
            content: [
              { type: 'tool_result', tool_use_id: event.callId, content: event.output, is_error: !event.ok },
            ],
          },
        },
      ];
    case 'model.retried':
      return [
        { type: 'system', subtype: 'api_retry', ...session, attempt: event.attempt, error: event.reason },
      ];
    case 'thread.ended':
      return [
        {
          type: 'result',
          subtype: event.status === 'done' ? 'success' : `error_${event.status}`,
          ...session,
          is_error: event.status !== 'done',
          result: event.answer,
          reason: event.reason,
          num_turns: event.steps,
          duration_ms: Math.round(event.durationMs),
          total_cost_usd: event.costUsd ?? null,
          usage: toUsage(event.usage),
          modelUsage: { [context.model]: { ...toUsage(event.usage), cost_usd: event.costUsd ?? null } },
          permission_denials: context.denials.map(({ tool, callId, input }) => ({
            ...{ tool_name: tool, tool_use_id: callId, tool_input: input },
          })),
        },
      ];
    default:
      return [];
  }
}

function toUsage(usage: { inputTokens?: number; cachedTokens?: number; outputTokens?: number }) {
  return {
    input_tokens: usage.inputTokens ?? null,
    cache_read_input_tokens: usage.cachedTokens ?? null,
    output_tokens: usage.outputTokens ?? null,
  };
}
