/** How often a line is printed where standard error is no terminal. */
const QUIET_INTERVAL_MS = 5_000;

/** One line of progress on standard error, redrawn in place on a terminal. */
export class Progress {
  readonly #live = process.stderr.isTTY === true;
  #last = 0;
  #shown = false;

  update(text: string): void {
    const now = Date.now();
    if (this.#live) {
      if (now - this.#last < 50) return;
      const width = process.stderr.columns || 80;
      process.stderr.write(`\r\u001b[2K${text.slice(0, width - 1)}`);
      this.#shown = true;
    } else {
      if (this.#last === 0) this.#last = now;
      if (now - this.#last < QUIET_INTERVAL_MS) return;
      process.stderr.write(`${text}\n`);
    }
    this.#last = now;
  }

  clear(): void {
    if (this.#shown) process.stderr.write('\r\u001b[2K');
    this.#shown = false;
  }
}
