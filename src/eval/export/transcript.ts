import type { AssistantMessage, StoredEvent, ToolEnded } from '../../thread/index.ts';

/** A message of a rollout in the order in which it came, with when that was in milliseconds since 1970. */
export type Message =
  | {
      role: 'user';
      at: number;
      text: string;
      /** The conversation starts anew with it: a summary of what came before. */
      fresh?: { tokensBefore: number; tokensAfter: number };
    }
  /** `call` is what the model said, and absent where an agent answered without one. */
  | { role: 'assistant'; at: number; text: string; call?: AssistantMessage }
  | { role: 'tool'; at: number; text: string; ended: ToolEnded };

/**
 * The conversation of a rollout. System prompts are not recorded in threads, so there is none; images are left out. An
 * agent that calls no model gives one message with its answer.
 */
export function transcriptOf(events: readonly StoredEvent[]): Message[] {
  const messages = events.flatMap((event): Message[] => {
    const { at } = event;
    switch (event.type) {
      case 'user.message':
        return [{ role: 'user', at, text: event.text }];
      case 'context.compacted': {
        const { tokensBefore, tokensAfter } = event;
        return [{ role: 'user', at, text: event.text, fresh: { tokensBefore, tokensAfter } }];
      }
      case 'assistant.message':
        return [{ role: 'assistant', at, text: event.text, call: event }];
      case 'tool.ended':
        return [{ role: 'tool', at, text: event.output, ended: event }];
      default:
        return [];
    }
  });
  const ended = events.findLast((event) => event.type === 'thread.ended');
  if (ended && !messages.some((message) => message.role === 'assistant')) {
    messages.push({ role: 'assistant', at: ended.at, text: ended.answer });
  }
  return messages;
}
