import type { ToolCall } from '../model/index.ts';

/** A cycle of at most so many steps is looked for. */
const MAX_PERIOD = 3;
/** So many rounds of a cycle call for a word, and so many for an end. */
const ROUNDS_BEFORE_NUDGE = 3;
const ROUNDS_BEFORE_STOP = 5;

/**
 * Notices a model that goes round in circles: the same calls with the same results, one step or a few steps long.
 * Calls whose results change (a test that is run again, a log that grows) are no circle.
 */
export class Repetition {
  readonly #steps: string[] = [];
  #nudgedAt = Number.NEGATIVE_INFINITY;

  /** @returns what the step calls for */
  add(
    calls: readonly ToolCall[],
    results: readonly { output: string; ok: boolean }[],
  ): 'go on' | 'nudge' | 'stop' {
    this.#steps.push(
      JSON.stringify(
        calls.map(({ tool, input, malformed }, index) => [tool, input, malformed, results[index]?.output]),
      ),
    );
    const rounds = this.#rounds();
    if (rounds >= ROUNDS_BEFORE_STOP) return 'stop';
    if (rounds < ROUNDS_BEFORE_NUDGE || this.#steps.length - this.#nudgedAt < ROUNDS_BEFORE_NUDGE)
      return 'go on';
    this.#nudgedAt = this.#steps.length;
    return 'nudge';
  }

  /** How often the last steps repeat a cycle, for the shortest cycle that does. */
  #rounds(): number {
    const steps = this.#steps;
    let most = 1;
    for (let period = 1; period <= MAX_PERIOD; period++) {
      let same = 0;
      while (same + period < steps.length && steps.at(-1 - same) === steps.at(-1 - same - period)) same++;
      most = Math.max(most, Math.floor(same / period) + 1);
    }
    return most;
  }
}

export const REPETITION_NUDGE =
  'You made the same calls with the same results several times. Stop and think: say what you know, what blocks you, and do something else.';
