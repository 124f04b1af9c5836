import {
  type Model,
  type ModelAnswer,
  type ModelRequest,
  type RetryPolicy,
  streamWithRetry,
} from '../model/index.ts';
import type { ThreadEvent } from '../thread/index.ts';
import { DeltaWriter } from './delta-writer.ts';

/** One question to the model, with everything that happens on the way written down. */
export class Asking {
  readonly #emit: (event: ThreadEvent) => Promise<void>;
  readonly #step: number;
  readonly #isFirst: boolean;
  #heard = false;
  #tries = 1;

  /** @param isFirst nothing has been heard of the model in this run yet */
  constructor(emit: (event: ThreadEvent) => Promise<void>, step: number, isFirst: boolean) {
    this.#emit = emit;
    this.#step = step;
    this.#isFirst = isFirst;
  }

  /** The model has never spoken, or is silent while it is asked again: a dead endpoint rather than a slow agent. */
  get isDead(): boolean {
    return !this.#heard && (this.#isFirst || this.#tries > 1);
  }

  /**
   * Asks until there is a complete answer; it is written before it is returned.
   *
   * @throws ModelCallError of the last try, StoreWriteError
   */
  async ask(
    model: Model,
    request: ModelRequest,
    { signal, retry }: { signal: AbortSignal; retry?: RetryPolicy },
  ): Promise<ModelAnswer> {
    const step = this.#step;
    const started = performance.now();
    await this.#emit({ type: 'model.requested', step, attempt: 1, messages: request.messages.length });
    const deltas = new DeltaWriter(step, this.#emit);
    const stream = streamWithRetry(model, request, {
      signal,
      ...(retry && { policy: retry }),
      onRetry: async (notice) => {
        deltas.discard();
        this.#heard = false;
        this.#tries = notice.attempt;
        await this.#emit({ type: 'model.retried', step, ...notice });
      },
    });
    for (;;) {
      const next = await stream.next();
      if (!next.done) {
        this.#heard = true;
        await deltas.add(next.value);
        continue;
      }
      const { text, reasoning, toolCalls, finish, usage, costUsd, providerState } = next.value;
      await this.#emit({
        type: 'assistant.message',
        step,
        text,
        ...(reasoning !== '' && { reasoning }),
        toolCalls,
        finish,
        usage,
        ...(costUsd !== undefined && { costUsd }),
        durationMs: performance.now() - started,
        ...(providerState !== undefined && { providerState }),
      });
      return next.value;
    }
  }
}
