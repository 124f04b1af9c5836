import type { Terminal } from '@earendil-works/pi-tui';
import xterm from '@xterm/headless';
import { expect } from 'vitest';

/** A terminal that nobody looks at but the test: what is written to it can be read as lines, and keys can be typed. */
export class Screen implements Terminal {
  readonly #xterm: InstanceType<typeof xterm.Terminal>;
  #onInput: (data: string) => void = () => {};
  #onResize: () => void = () => {};
  readonly kittyProtocolActive = false;
  isStopped = false;

  constructor(columns = 100, rows = 40) {
    this.#xterm = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 100_000 });
  }

  start(onInput: (data: string) => void, onResize: () => void): void {
    this.#onInput = onInput;
    this.#onResize = onResize;
  }

  stop(): void {
    this.isStopped = true;
  }

  async drainInput(): Promise<void> {}

  write(data: string): void {
    this.#xterm.write(data);
  }

  get columns(): number {
    return this.#xterm.cols;
  }

  get rows(): number {
    return this.#xterm.rows;
  }

  moveBy(lines: number): void {
    if (lines !== 0) this.write(lines > 0 ? `\x1b[${lines}B` : `\x1b[${-lines}A`);
  }

  hideCursor(): void {}
  showCursor(): void {}
  clearLine(): void {
    this.write('\x1b[K');
  }
  clearFromCursor(): void {
    this.write('\x1b[J');
  }
  clearScreen(): void {
    this.write('\x1b[2J\x1b[H');
  }
  setTitle(): void {}
  setProgress(): void {}

  resize(columns: number, rows: number): void {
    this.#xterm.resize(columns, rows);
    this.#onResize();
  }

  /** One key, or text that is typed. */
  type(data: string): void {
    this.#onInput(data);
  }

  /** Types a line and sends it. */
  send(text: string): void {
    for (const letter of text) this.type(letter);
    this.type('\r');
  }

  /** Everything that was shown, what has scrolled away included. */
  text(): string {
    const { active } = this.#xterm.buffer;
    const lines: string[] = [];
    for (let row = 0; row < active.length; row++)
      lines.push(active.getLine(row)?.translateToString(true) ?? '');
    return lines.join('\n');
  }

  /** Waits until the screen shows a text. */
  async shows(wanted: string | RegExp): Promise<void> {
    await expect
      .poll(() => this.text(), { timeout: 10_000, interval: 20 })
      .toEqual(typeof wanted === 'string' ? expect.stringContaining(wanted) : expect.stringMatching(wanted));
  }
}
