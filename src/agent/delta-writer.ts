import type { ThreadEvent } from '../thread/index.ts';

/** Text is written to the thread at most this often: a token at a time would be a transaction for each. */
const INTERVAL_MS = 80;

/** Coalesces what streams into events, so that what is shown has been written. */
export class DeltaWriter {
  readonly #step: number;
  readonly #emit: (event: ThreadEvent) => Promise<void>;
  #channel: 'text' | 'reasoning' = 'text';
  #held = '';
  #last = performance.now();

  constructor(step: number, emit: (event: ThreadEvent) => Promise<void>) {
    this.#step = step;
    this.#emit = emit;
  }

  async add({ channel, text }: { channel: 'text' | 'reasoning'; text: string }): Promise<void> {
    if (channel !== this.#channel) await this.#flush();
    this.#channel = channel;
    this.#held += text;
    if (performance.now() - this.#last >= INTERVAL_MS) await this.#flush();
  }

  /** Forgets what is not yet written: the try that it came from is void. */
  discard(): void {
    this.#held = '';
  }

  async #flush(): Promise<void> {
    this.#last = performance.now();
    if (this.#held === '') return;
    const text = this.#held;
    this.#held = '';
    await this.#emit({ type: 'assistant.delta', step: this.#step, channel: this.#channel, text });
  }
}
