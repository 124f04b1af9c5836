import { type Model, ModelCallError, type ModelRequest, type RetryPolicy } from '../../model/index.ts';
import type { ThreadEvent } from '../../thread/index.ts';
import type { Meter } from '../budget.ts';
import { type Conversation, foldedText } from '../conversation.ts';
import { chooseFolds } from './fold.ts';
import { askForNotes, digestOf, handoffMarkdown, notesIn } from './handoff.ts';
import { type ContextUse, measure } from './meter.ts';

export interface ContextOptions {
  /** Tokens that the model takes in all. */
  window: number;
  /** The share of the window in which models are at their best; old results are folded away beyond it. */
  smartZone: number;
  /** The share at which the conversation starts anew from a summary. */
  compactAt: number;
}

export const DEFAULT_CONTEXT: ContextOptions = { window: 128_000, smartZone: 0.4, compactAt: 0.8 };

/** Kept free for the answer, whatever the shares say. */
const HEADROOM = 16_000;
/** Folding aims below the zone by this share, so that it is not needed again at once. */
const SLACK = 0.6;
/** Less than this share of the window is not worth the loss of the provider's cache. */
const WORTH_FOLDING = 0.05;

interface Surroundings {
  model: Model;
  retry?: RetryPolicy;
  conversation: Conversation;
  /** What is sent besides the messages. */
  head: { system: string; instructions: readonly { text: string }[]; tools: ModelRequest['tools'] };
  record(event: ThreadEvent): Promise<void>;
  /** Everything that the thread holds so far. */
  events(): Promise<readonly ThreadEvent[]>;
  beforeCompaction(reason: string): Promise<void>;
  /** Where a handoff is written for the person to see; undefined where it cannot be. */
  writeHandoff(text: string): Promise<string | undefined>;
  meter: Meter;
}

/** Guards the context window: it is looked after between steps, so that there is room before there must be. */
export class ContextWindow {
  readonly #options: ContextOptions;
  readonly #around: Surroundings;
  #ratio = 1;
  #lastEstimate = 0;

  constructor(options: ContextOptions, around: Surroundings) {
    this.#options = options;
    this.#around = around;
  }

  use(): ContextUse {
    const { conversation, head } = this.#around;
    const { window, smartZone } = this.#options;
    return measure({ ...head, messages: conversation.messages }, { window, smartZone, ratio: this.#ratio });
  }

  /** Learns from what the provider counted for the request that was just answered. */
  learn(inputTokens: number | undefined): void {
    if (inputTokens === undefined || this.#lastEstimate < 1_000) return;
    const ratio = inputTokens / this.#lastEstimate;
    // A provider that counts otherwise by far (or a test that counts at will) teaches nothing.
    if (ratio > 0.5 && ratio < 2) this.#ratio = ratio;
  }

  /** Folds old results beyond the smart zone; starts anew from a summary where that is not enough. */
  async makeRoom(step: number, signal: AbortSignal): Promise<void> {
    const { window, compactAt } = this.#options;
    let use = this.use();
    if (use.used > use.smartZone) {
      const { messages } = this.#around.conversation;
      const wanted = (use.used - use.smartZone * SLACK) / this.#ratio;
      const { results, tokens } = chooseFolds(messages, wanted, (message) =>
        this.#around.conversation.stepOf(message),
      );
      if (tokens * this.#ratio >= window * WORTH_FOLDING) {
        await this.#around.record({
          type: 'context.folded',
          step,
          results,
          tokens: Math.round(tokens * this.#ratio),
        });
        use = this.use();
      }
    }
    const limit = Math.min(window * compactAt, Math.max(window / 2, window - HEADROOM));
    if (use.used > limit) {
      await this.compact(
        step,
        `${Math.round((use.used / window) * 100)} % of the context window was full`,
        signal,
      );
      use = this.use();
    }
    this.#lastEstimate = use.used / this.#ratio;
    await this.#around.record({ type: 'context.measured', step, ...use });
  }

  /** Writes a handoff and lets the conversation start anew from it. Without the model's part it is still one. */
  async compact(step: number, reason: string, signal: AbortSignal): Promise<void> {
    const { model, retry, conversation, head, meter } = this.#around;
    await this.#around.beforeCompaction(reason);
    const before = this.use().used;
    let notes: string | undefined;
    try {
      const request: ModelRequest = {
        system: head.system,
        tools: head.tools,
        messages: foldAll(conversation),
      };
      const answer = await askForNotes(model, request, { signal, ...(retry && { retry }) });
      meter.addUsage(answer);
      notes = notesIn(answer);
    } catch (error) {
      if (!(error instanceof ModelCallError) || signal.aborted) throw error;
    }
    const text = handoffMarkdown(digestOf(await this.#around.events()), notes);
    const file = await this.#around.writeHandoff(text);
    const told = `The conversation so far was too long and was put away. Go on from these notes; read files again before you change them.\n\n${text}`;
    const tokensAfter = measure(
      { ...head, messages: [{ role: 'user', text: told }] },
      { ...this.#options, ratio: this.#ratio },
    ).used;
    await this.#around.record({
      type: 'context.compacted',
      step,
      reason,
      text: told,
      ...(file !== undefined && { file }),
      tokensBefore: before,
      tokensAfter,
    });
  }
}

/** The conversation with every result folded: what is left must fit, or nothing will. */
function foldAll({ messages }: Conversation): ModelRequest['messages'] {
  const last = messages.findLastIndex((message) => message.role === 'tool');
  return messages.map((message, index) =>
    message.role !== 'tool' || index === last
      ? message
      : {
          role: 'tool',
          results: message.results.map(({ images: _, ...result }) => ({
            ...result,
            output: result.output.length < 400 ? result.output : foldedText(result),
          })),
        },
  );
}
