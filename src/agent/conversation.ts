import { readFileSync } from 'node:fs';
import type { ModelImage, ModelMessage, ModelToolResult } from '../model/index.ts';
import type { ImageRecord, ThreadEvent } from '../thread/index.ts';

/** Small endpoints count the ids of calls from 0 again in each answer. */
interface ResultPlace {
  step: number;
  callId: string;
}

const key = ({ step, callId }: ResultPlace) => `${step} ${callId}`;

const NOT_RUN = 'Not run: the work was stopped before this call began.';
const CUT_OFF =
  'The work was stopped while this ran. It is not known how far it came: look before you do it again.';

/**
 * What a model is shown of a thread: a projection of its events. The loop keeps one as it writes, and a thread that is
 * resumed gets the very same one from what was written.
 */
export class Conversation {
  messages: ModelMessage[] = [];
  /** The number of the last step that asked the model. */
  lastStep = 0;
  /** Instructions that stand in the system prompt, in order. */
  readonly instructions: { path: string; text: string }[] = [];
  readonly #steps = new WeakMap<ModelMessage, number>();
  readonly #results = new Map<string, ModelToolResult>();

  /** @param events of a thread, in order; those that were rewound may be among them */
  static of(events: readonly ThreadEvent[]): Conversation {
    const conversation = new Conversation();
    for (const event of standing(events)) conversation.apply(event);
    // The numbers of steps that were taken back are not given again.
    for (const event of events) {
      if (event.type === 'model.requested')
        conversation.lastStep = Math.max(conversation.lastStep, event.step);
    }
    return conversation;
  }

  apply(event: ThreadEvent): void {
    switch (event.type) {
      case 'instructions.loaded':
        if (event.text !== undefined) this.instructions.push({ path: event.path, text: event.text });
        break;
      case 'user.message':
        this.messages.push({
          role: 'user',
          text: event.text,
          ...(event.images && { images: event.images.flatMap(load) }),
        });
        break;
      case 'model.requested':
        this.lastStep = Math.max(this.lastStep, event.step);
        break;
      case 'assistant.message':
        this.#answer(event);
        break;
      case 'tool.started':
        this.#result(event, { output: CUT_OFF });
        break;
      case 'tool.ended':
        this.#result(event, {
          ok: event.ok,
          output: event.output,
          ...(event.images && { images: event.images.flatMap(load) }),
        });
        break;
      case 'context.folded':
        for (const result of event.results) this.#fold(result);
        break;
      case 'context.compacted':
        this.#results.clear();
        this.messages = [{ role: 'user', text: event.text }];
        break;
      case 'files.restored':
        this.messages.push({ role: 'user', text: sayRestored(event.restored) });
        break;
    }
  }

  /** The step whose results a message holds. */
  stepOf(message: ModelMessage): number {
    return this.#steps.get(message) ?? 0;
  }

  #answer(event: Extract<ThreadEvent, { type: 'assistant.message' }>): void {
    const { step, text, toolCalls, providerState } = event;
    // Providers refuse an assistant message that says nothing.
    if (text === '' && toolCalls.length === 0) return;
    const calls = toolCalls.map(({ callId, tool, input, malformed }) => ({
      callId,
      tool,
      ...(input !== undefined && { input: input as Record<string, unknown> }),
      ...(malformed !== undefined && { malformed }),
    }));
    this.messages.push({
      role: 'assistant',
      text,
      toolCalls: calls,
      ...(providerState !== undefined && { providerState }),
    });
    if (calls.length === 0) return;
    // Every call has a result from the start: providers refuse a conversation in which one is missing.
    const results = calls.map(
      ({ callId, tool }): ModelToolResult => ({ callId, tool, ok: false, output: NOT_RUN }),
    );
    for (const result of results) this.#results.set(key({ step, callId: result.callId }), result);
    const message: ModelMessage = { role: 'tool', results };
    this.#steps.set(message, step);
    this.messages.push(message);
  }

  #result(place: ResultPlace, change: Partial<ModelToolResult>): void {
    const result = this.#results.get(key(place));
    if (result) Object.assign(result, change);
  }

  #fold(place: ResultPlace): void {
    const result = this.#results.get(key(place));
    if (!result) return;
    result.output = foldedText(result);
    delete result.images;
  }
}

/** What stands in the place of a result that was folded away. */
export function foldedText({ tool, output, images = [] }: ModelToolResult): string {
  const lines = output.split('\n').length;
  const pictures = images.length > 0 ? ` and ${images.length} images` : '';
  return `[An old result of ${tool}, ${lines} lines${pictures}, was folded away. Call it again if you need it.]`;
}

/** The events of a thread without those that a rewind took back. */
export function standing<Event extends ThreadEvent>(events: readonly Event[]): Event[] {
  const kept: { seq: number; event: Event }[] = [];
  events.forEach((event, index) => {
    if (event.type === 'thread.rewound') {
      while (kept.length > 0 && kept.at(-1)!.seq > event.toSeq) kept.pop();
    } else kept.push({ seq: index + 1, event });
  });
  return kept.map(({ event }) => event);
}

function sayRestored(paths: readonly string[]): string {
  if (paths.length === 0) return 'The person took back earlier changes; no file was changed by that.';
  return `The person took back changes of yours. These files are as they were before: ${paths.join(', ')}. Read them again before you rely on them.`;
}

function load({ mediaType, file }: ImageRecord): ModelImage[] {
  try {
    return [{ mediaType, data: readFileSync(file).toString('base64') }];
  } catch {
    // Outputs may have been cleared away; the text around it remains.
    return [];
  }
}
