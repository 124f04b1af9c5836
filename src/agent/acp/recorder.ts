import type { SessionUpdate, ToolCallContent, ToolCallUpdate } from '@agentclientprotocol/sdk';
import type { ThreadEvent, Usage } from '../../thread/index.ts';
import { DeltaWriter } from '../delta-writer.ts';

interface KnownCall {
  step: number;
  tool: string;
  kind: string | undefined;
  /** The first file that it names. */
  path: string | undefined;
  input: unknown;
  started: number;
  isOver: boolean;
  output: string;
}

const MAX_OUTPUT_CHARS = 100_000;
/** An input that has not grown for so long is whole. */
const SETTLED_MS = 250;

/**
 * Writes down what an agent of others tells of its work, in the words of Kino's own threads. A message ends where a
 * call begins; each message is a step.
 */
export class UpdateRecorder {
  readonly #record: (...events: ThreadEvent[]) => Promise<void>;
  readonly #calls = new Map<string, KnownCall>();
  /** Calls that are announced while the model still writes their input. */
  readonly #announced = new Map<string, { call: ToolCallUpdate; heard: number }>();
  #step: number;
  #text = '';
  #reasoning = '';
  #deltas: DeltaWriter | undefined;
  #since = performance.now();
  /** What the agent said last: its answer. */
  answer = '';
  steps = 0;
  readonly usage: Usage = {};
  costUsd: number | undefined;

  constructor(record: (...events: ThreadEvent[]) => Promise<void>, lastStep: number) {
    this.#record = record;
    this.#step = lastStep + 1;
  }

  get step(): number {
    return this.#step;
  }

  /** The call of an id, for a request for permission: what is asked about is written first. */
  async asked(
    call: ToolCallUpdate,
  ): Promise<Pick<KnownCall, 'step' | 'tool' | 'kind' | 'path' | 'input'> | undefined> {
    if (!this.#calls.has(call.toolCallId)) {
      await this.#tell(call);
      const announced = this.#announced.get(call.toolCallId);
      if (announced) await this.#start(announced.call);
    }
    return this.#calls.get(call.toolCallId);
  }

  async add(update: SessionUpdate): Promise<void> {
    await this.settle(update);
    switch (update.sessionUpdate) {
      case 'agent_message_chunk':
      case 'agent_thought_chunk': {
        const text = update.content.type === 'text' ? update.content.text : `[${update.content.type}]`;
        const channel = update.sessionUpdate === 'agent_message_chunk' ? 'text' : 'reasoning';
        if (channel === 'text') this.#text += text;
        else this.#reasoning += text;
        this.#deltas ??= new DeltaWriter(this.#step, this.#record);
        await this.#deltas.add({ channel, text });
        break;
      }
      case 'tool_call':
      case 'tool_call_update':
        await this.#tell(update);
        break;
      case 'plan':
        await this.#record({
          type: 'todo.updated',
          items: update.entries.map(({ content, status }) => ({
            text: content,
            status: status === 'completed' ? 'done' : status,
          })),
        });
        break;
      case 'current_mode_update':
        await this.#record({ type: 'mode.changed', mode: update.currentModeId });
        break;
      case 'usage_update':
        if (update.cost?.currency === 'USD') this.costUsd = update.cost.amount;
        this.usage.inputTokens = Math.max(this.usage.inputTokens ?? 0, update.used);
        break;
    }
  }

  async #tell(update: ToolCallUpdate): Promise<void> {
    const id = update.toolCallId;
    if (this.#calls.has(id)) return this.#advance(update);
    const given = Object.entries(update).filter(([, value]) => value !== null && value !== undefined);
    const call = { ...this.#announced.get(id)?.call, ...Object.fromEntries(given), toolCallId: id };
    this.#announced.set(id, { call, heard: performance.now() });
    if ((call.status ?? 'pending') !== 'pending') await this.#start(call);
  }

  /** Begins the calls whose input is whole: it has not grown for a while, or something else has happened since. */
  async settle(other?: SessionUpdate): Promise<void> {
    for (const { call, heard } of [...this.#announced.values()]) {
      const isOther = other !== undefined && !('toolCallId' in other && other.toolCallId === call.toolCallId);
      if (isEmpty(call.rawInput)) continue;
      if (isOther || performance.now() - heard >= SETTLED_MS) await this.#start(call);
    }
  }

  async #start(call: ToolCallUpdate): Promise<void> {
    this.#announced.delete(call.toolCallId);
    await this.#begin(call);
    await this.#advance(call);
  }

  async #begin({
    toolCallId: callId,
    name,
    kind,
    title,
    rawInput,
    locations,
  }: ToolCallUpdate): Promise<void> {
    const tool = name ?? kind ?? 'other';
    const path = locations?.[0]?.path;
    const input = isEmpty(rawInput) ? { title: title ?? '', ...(path !== undefined && { path }) } : rawInput;
    const step = this.#step;
    this.#calls.set(callId, {
      ...{ step, tool, input, started: performance.now(), isOver: false, output: '' },
      ...{ kind: undefined, path: undefined },
    });
    await this.#message([{ callId, tool, input }], { type: 'tool.started', step, callId, tool, input });
  }

  async #advance(update: ToolCallUpdate): Promise<void> {
    const id = update.toolCallId;
    const call = this.#calls.get(id)!;
    call.kind = update.kind ?? call.kind;
    call.path = update.locations?.[0]?.path ?? call.path;
    if (!isEmpty(update.rawInput)) call.input = update.rawInput;
    if (update.content) call.output = textOf(update.content);
    if (call.isOver || (update.status !== 'completed' && update.status !== 'failed')) return;
    call.isOver = true;
    const output = call.output || rawText(update.rawOutput);
    await this.#record({
      ...{
        type: 'tool.ended',
        step: call.step,
        callId: id,
        tool: call.tool,
        ok: update.status === 'completed',
      },
      output: output.slice(0, MAX_OUTPUT_CHARS),
      durationMs: performance.now() - call.started,
    });
  }

  /** Ends what is open: the last message, and calls that nobody has ended. */
  async finish(): Promise<void> {
    for (const { call } of [...this.#announced.values()]) await this.#start(call);
    if (this.#text !== '' || this.#reasoning !== '') await this.#message([]);
    for (const [callId, call] of this.#calls) {
      if (call.isOver) continue;
      call.isOver = true;
      const { step, tool, started } = call;
      const output = call.output || 'Its end was never told.';
      await this.#record({
        type: 'tool.ended',
        step,
        callId,
        tool,
        ok: false,
        output,
        durationMs: performance.now() - started,
      });
    }
  }

  /** Writes the message that has ended here, and what follows on it, at once. */
  async #message(
    toolCalls: { callId: string; tool: string; input: unknown }[],
    ...then: ThreadEvent[]
  ): Promise<void> {
    if (this.#text.trim() !== '') this.answer = this.#text.trim();
    const now = performance.now();
    await this.#record(
      { type: 'model.requested', step: this.#step, attempt: 1, messages: 0 },
      {
        ...{ type: 'assistant.message', step: this.#step, text: this.#text, toolCalls, usage: {} },
        ...(this.#reasoning !== '' && { reasoning: this.#reasoning }),
        finish: toolCalls.length > 0 ? 'tool-calls' : 'stop',
        durationMs: now - this.#since,
      },
      ...then,
    );
    this.steps++;
    this.#step++;
    this.#text = '';
    this.#reasoning = '';
    this.#deltas = undefined;
    this.#since = now;
  }
}

function isEmpty(input: unknown): boolean {
  if (input === undefined || input === null || input === '') return true;
  return typeof input === 'object' && Object.keys(input).length === 0;
}

function textOf(content: readonly ToolCallContent[]): string {
  return content
    .map((part) => {
      if (part.type === 'content')
        return part.content.type === 'text' ? part.content.text : `[${part.content.type}]`;
      if (part.type === 'diff')
        return `${part.path}\n${marked('-', part.oldText ?? '')}${marked('+', part.newText)}`;
      return `[terminal ${part.terminalId}]`;
    })
    .join('\n');
}

function marked(sign: string, text: string): string {
  return text === ''
    ? ''
    : `${text
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => `${sign} ${line}`)
        .join('\n')}\n`;
}

function rawText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  const known = value as Record<string, unknown>;
  const text = known.output ?? known.formatted_output ?? known.aggregated_output;
  return typeof text === 'string' ? text : JSON.stringify(value);
}
