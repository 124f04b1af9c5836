import type { ModelAnswer } from '../model/index.ts';
import type { Usage } from '../thread/index.ts';
import type { AgentBudget } from './agent.ts';

/** Longer ones would fire at once (a timer counts 31 bits). */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Counts what a job consumes and says when a bound is reached. */
export class Meter {
  readonly usage: Usage = {};
  steps = 0;
  readonly #budget: AgentBudget;
  #late = false;
  #usd = 0;
  #usdUnknown = false;

  constructor(budget: AgentBudget) {
    this.#budget = budget;
  }

  add(answer: ModelAnswer): void {
    this.steps++;
    this.addUsage(answer);
  }

  /** Counts an answer that is no step of the work: notes, the work of a sub-agent. */
  addUsage(answer: { usage: Usage; costUsd?: number | undefined }): void {
    for (const key of ['inputTokens', 'cachedTokens', 'outputTokens', 'reasoningTokens'] as const) {
      const count = answer.usage[key];
      if (count !== undefined) this.usage[key] = (this.usage[key] ?? 0) + count;
    }
    if (answer.costUsd === undefined) this.#usdUnknown = true;
    else this.#usd += answer.costUsd;
  }

  /** US dollars, or undefined when the cost of any call is not known. */
  get costUsd(): number | undefined {
    return this.#usdUnknown ? undefined : this.#usd;
  }

  /** What is left of each bound, for work that is handed on. */
  left(): AgentBudget {
    const { steps, seconds, tokens, usd } = this.#budget;
    const spent = (this.usage.inputTokens ?? 0) + (this.usage.outputTokens ?? 0);
    return {
      ...(steps !== undefined && { steps: Math.max(1, steps - this.steps) }),
      ...(seconds !== undefined && { seconds }),
      ...(tokens !== undefined && { tokens: Math.max(1, tokens - spent) }),
      ...(usd !== undefined && { usd: Math.max(Number.MIN_VALUE, usd - this.#usd) }),
    };
  }

  /** The bound that is reached, in words. */
  exhausted(): string | undefined {
    const { steps, seconds, tokens, usd } = this.#budget;
    const spent = (this.usage.inputTokens ?? 0) + (this.usage.outputTokens ?? 0);
    if (steps !== undefined && this.steps >= steps) return `the budget of ${steps} steps`;
    if (this.#late) return `the budget of ${seconds} s`;
    if (tokens !== undefined && spent >= tokens) return `the budget of ${tokens} tokens`;
    if (usd !== undefined && this.#usd >= usd) return `the budget of $${usd}`;
    return undefined;
  }

  /** A signal that aborts when the time is up or `signal` does; disposing of it ends the clock. */
  deadline(signal: AbortSignal): Disposable & { signal: AbortSignal } {
    const { seconds } = this.#budget;
    const controller = new AbortController();
    const abort = () => controller.abort();
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    const timer =
      seconds === undefined
        ? undefined
        : setTimeout(
            () => {
              this.#late = true;
              abort();
            },
            Math.min(seconds * 1000, MAX_TIMER_MS),
          );
    return {
      signal: controller.signal,
      [Symbol.dispose]() {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
      },
    };
  }
}
