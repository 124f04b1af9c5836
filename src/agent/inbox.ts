/**
 * What the person says while the agent works. To steer is to be heard at the next step; to queue is to be heard when
 * the work at hand is done.
 */
export class Inbox {
  #steering: string[] = [];
  #queued: string[] = [];

  steer(text: string): void {
    this.#steering.push(text);
  }

  queue(text: string): void {
    this.#queued.push(text);
  }

  /** What waits, for a person to see. */
  get waiting(): { steering: readonly string[]; queued: readonly string[] } {
    return { steering: this.#steering, queued: this.#queued };
  }

  takeSteering(): string[] {
    return this.#steering.splice(0);
  }

  /** All that waits, in the order in which it would have been heard. */
  takeAll(): { text: string; delivery: 'steer' | 'queue' }[] {
    const steering = this.takeSteering().map((text) => ({ text, delivery: 'steer' as const }));
    return [...steering, ...this.#queued.splice(0).map((text) => ({ text, delivery: 'queue' as const }))];
  }

  /** The first that was queued. */
  takeQueued(): string | undefined {
    return this.#queued.shift();
  }
}
