import type { RolloutFinished } from '../thread/index.ts';

/** So many unscored rollouts in a row say that the next one will be unscored too. */
const MOST_UNSCORED_IN_A_ROW = 4;

/** Counts how often an agent was failed by infrastructure without a score in between. */
export class Patience {
  readonly #row = new Map<string, number>();

  /** Takes note of a result. @returns whether it is time to leave its agent out */
  endsWith({ agent, reward }: RolloutFinished): boolean {
    const row = reward === null ? (this.#row.get(agent) ?? 0) + 1 : 0;
    this.#row.set(agent, row);
    return row >= MOST_UNSCORED_IN_A_ROW;
  }
}
