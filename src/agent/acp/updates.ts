import { resolve } from 'node:path';
import type { ContentBlock, SessionUpdate, ToolCallContent, ToolKind } from '@agentclientprotocol/sdk';
import type { ThreadEvent } from '../../thread/index.ts';

/** What each of Kino's tools is to an editor. */
const KINDS: Record<string, ToolKind> = {
  read: 'read',
  edit: 'edit',
  write: 'edit',
  codemod: 'edit',
  glob: 'search',
  grep: 'search',
  find: 'search',
  dependency: 'search',
  bash: 'execute',
  jobs: 'execute',
  diagnostics: 'execute',
  fetch: 'fetch',
  todo: 'think',
  agent: 'think',
  ask: 'other',
};

/** Longer outputs are cut for the screen; the thread has them. */
const MAX_OUTPUT_CHARS = 20_000;

/** Events of a thread as the updates that an editor shows: as they happen, or all at once when a thread is shown again. */
export class UpdateStream {
  readonly #cwd: string;
  readonly #replay: boolean;
  /** What of the message that is being written has been shown. */
  #shown = { text: '', reasoning: '' };

  /**
   * @param cwd absolute; paths of tools are relative to it
   * @param replay the person's messages as well
   */
  constructor(cwd: string, { replay = false } = {}) {
    this.#cwd = cwd;
    this.#replay = replay;
  }

  for(event: ThreadEvent): SessionUpdate[] {
    switch (event.type) {
      case 'user.message':
        return this.#replay && event.from === undefined
          ? [{ sessionUpdate: 'user_message_chunk', content: text(event.text) }]
          : [];
      case 'assistant.delta':
        if (this.#replay) return [];
        this.#shown[event.channel] += event.text;
        return [chunk(event.channel, event.text)];
      case 'model.retried':
        // What was shown of the void answer cannot be taken back.
        return this.#shown.text === '' ? [] : this.#forget([chunk('text', '\n\n')]);
      case 'assistant.message':
        return this.#forget([
          ...this.#rest('reasoning', event.reasoning ?? ''),
          ...this.#rest('text', event.text),
          ...event.toolCalls.map(({ callId, tool, input }) =>
            announce(event.step, callId, tool, input, this.#cwd),
          ),
        ]);
      default:
        return updatesFor(event);
    }
  }

  #rest(channel: 'text' | 'reasoning', whole: string): SessionUpdate[] {
    const shown = this.#shown[channel];
    const rest = whole.startsWith(shown) ? whole.slice(shown.length) : '';
    return rest === '' ? [] : [chunk(channel, rest)];
  }

  #forget(updates: SessionUpdate[]): SessionUpdate[] {
    this.#shown = { text: '', reasoning: '' };
    return updates;
  }
}

function updatesFor(event: ThreadEvent): SessionUpdate[] {
  switch (event.type) {
    case 'tool.started':
      return [{ sessionUpdate: 'tool_call_update', toolCallId: idOf(event), status: 'in_progress' }];
    case 'tool.ended':
      return [
        {
          sessionUpdate: 'tool_call_update',
          toolCallId: idOf(event),
          status: event.ok ? 'completed' : 'failed',
          // A diff is on the screen already; the words of a failure are not.
          ...(!(event.ok && isChange(event.tool)) && {
            content: [content(event.output.slice(0, MAX_OUTPUT_CHARS))],
          }),
          rawOutput: { output: event.output.slice(0, MAX_OUTPUT_CHARS) },
        },
      ];
    case 'todo.updated':
      return [
        {
          sessionUpdate: 'plan',
          entries: event.items.map((item) => ({
            content: item.text,
            priority: 'medium',
            status: item.status === 'done' ? 'completed' : item.status,
          })),
        },
      ];
    case 'mode.changed':
      return [{ sessionUpdate: 'current_mode_update', currentModeId: event.mode }];
    case 'subagent.started':
      return [
        {
          sessionUpdate: 'tool_call_update',
          toolCallId: idOf(event),
          title: `${event.agent} (${event.model ?? 'no model'}): ${firstLine(event.task)}`,
        },
      ];
    default:
      return [];
  }
}

/** Calls are told apart by step as well: small endpoints count them from 0 again in each answer. */
export function idOf({ step, callId }: { step: number; callId: string }): string {
  return `${step}:${callId}`;
}

function announce(step: number, callId: string, tool: string, input: unknown, cwd: string): SessionUpdate {
  const given = (typeof input === 'object' && input !== null ? input : {}) as Record<string, unknown>;
  const path = typeof given.path === 'string' ? resolve(cwd, given.path) : undefined;
  return {
    sessionUpdate: 'tool_call',
    toolCallId: idOf({ step, callId }),
    title: titleOf(tool, given),
    name: tool,
    kind: KINDS[tool] ?? 'other',
    status: 'pending',
    rawInput: given,
    ...(path !== undefined && {
      locations: [{ path, ...(typeof given.offset === 'number' && { line: given.offset }) }],
    }),
    ...(path !== undefined && isChange(tool) && { content: diffsOf(path, given) }),
  };
}

const isChange = (tool: string) => tool === 'edit' || tool === 'write';

/** One line for a call, for people. */
export function titleOf(tool: string, input: Record<string, unknown>): string {
  const main =
    input.command ??
    input.path ??
    input.pattern ??
    input.url ??
    input.text ??
    input.question ??
    input.task ??
    input.name;
  return typeof main === 'string' ? `${tool} ${firstLine(main)}` : tool;
}

/** The whole of what a call is about, for a person who is to allow it: nothing of a command may be out of sight. */
export function wholeOf(tool: string, input: Record<string, unknown>): string {
  const main = input.command ?? input.path ?? input.url;
  if (typeof main === 'string') return `${tool} ${main}`;
  return Object.keys(input).length === 0 ? tool : `${tool} ${JSON.stringify(input)}`;
}

function firstLine(value: string): string {
  const line = value.split('\n', 1)[0]!;
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}

function diffsOf(path: string, input: Record<string, unknown>): ToolCallContent[] {
  const edits = Array.isArray(input.edits) ? (input.edits as Record<string, unknown>[]) : [input];
  return edits.flatMap((edit): ToolCallContent[] => {
    if (typeof edit.content === 'string') return [{ type: 'diff', path, newText: edit.content }];
    if (typeof edit.old !== 'string' || typeof edit.new !== 'string') return [];
    return [{ type: 'diff', path, oldText: edit.old, newText: edit.new }];
  });
}

function chunk(channel: 'text' | 'reasoning', value: string): SessionUpdate {
  return {
    sessionUpdate: channel === 'text' ? 'agent_message_chunk' : 'agent_thought_chunk',
    content: text(value),
  };
}

function text(value: string): ContentBlock {
  return { type: 'text', text: value };
}

function content(value: string): ToolCallContent {
  return { type: 'content', content: text(value) };
}
