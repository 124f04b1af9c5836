import type { Candidate } from './environment.ts';

/** How many commits were seen, how many fell for which reason, how many are left. */
export interface Funnel {
  commits: number;
  dropped: { reason: string; count: number }[];
  tasks: number;
}

/** Counts candidates; reasons are kept in the order in which they are asked. */
export class FunnelCounter {
  readonly #counts: Map<string, number>;
  #commits = 0;
  #tasks = 0;

  constructor(reasons: readonly string[]) {
    this.#counts = new Map(reasons.map((reason) => [reason, 0]));
  }

  add(candidate: Candidate): void {
    this.#commits++;
    if ('task' in candidate) this.#tasks++;
    else this.#counts.set(candidate.dropped, (this.#counts.get(candidate.dropped) ?? 0) + 1);
  }

  get commits(): number {
    return this.#commits;
  }

  get tasks(): number {
    return this.#tasks;
  }

  funnel(): Funnel {
    const dropped = [...this.#counts]
      .map(([reason, count]) => ({ reason, count }))
      .filter(({ count }) => count > 0);
    return { commits: this.#commits, dropped, tasks: this.#tasks };
  }
}
