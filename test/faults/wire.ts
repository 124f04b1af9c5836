import type { RecordedRequest } from '../support/model-server.ts';

/** A message as Chat Completions has it. */
export interface WireMessage {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: unknown;
  tool_calls?: { id: string; function: { name: string; arguments: string } }[];
  tool_call_id?: string;
}

export function messagesOf({ body }: RecordedRequest): WireMessage[] {
  return body.messages as WireMessage[];
}

/** Why a provider would refuse a conversation; undefined for one that is sound. */
export function refusal(messages: readonly WireMessage[]): string | undefined {
  if (messages.at(-1)?.role === 'assistant') return 'the last message is the assistant’s';
  for (const [index, message] of messages.entries()) {
    const wanted = (message.tool_calls ?? []).map(({ id }) => id);
    const given: (string | undefined)[] = [];
    for (let at = index + 1; messages[at]?.role === 'tool'; at++) given.push(messages[at]!.tool_call_id);
    if (message.role === 'assistant' && JSON.stringify(wanted) !== JSON.stringify(given))
      return `message ${index} calls ${wanted}, and the results are of ${given}`;
    if (message.role === 'assistant' && message.content === '' && wanted.length === 0)
      return `message ${index} says nothing`;
  }
  return undefined;
}
