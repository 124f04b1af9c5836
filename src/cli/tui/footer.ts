import { homedir } from 'node:os';
import { type Component, truncateToWidth, visibleWidth } from '@earendil-works/pi-tui';
import type { ThreadEvent } from '../../thread/index.ts';
import { bar, dollars, plain } from '../output.ts';
import { cyan, dim, green, red, yellow } from './theme.ts';

const METER_WIDTH = 10;

/** The line below the editor: mode, model, folder, what fills the window, what it has cost. */
export class Footer implements Component {
  mode: string;
  readonly #model: string;
  readonly #folder: string;
  #use: Extract<ThreadEvent, { type: 'context.measured' }> | undefined;
  #usd = 0;
  #isKnown = true;
  #hasCost = false;
  waiting = 0;
  isBusy = false;

  constructor(mode: string, model: string, folder: string) {
    this.mode = mode;
    this.#model = model;
    this.#folder = folder.startsWith(homedir()) ? `~${folder.slice(homedir().length)}` : folder;
  }

  apply(event: ThreadEvent): void {
    if (event.type === 'context.measured') this.#use = event;
    else if (event.type === 'mode.changed') this.mode = event.mode;
    else if (event.type === 'thread.ended') this.#spend(event.costUsd);
  }

  #spend(usd: number | undefined): void {
    this.#hasCost = true;
    if (usd === undefined) this.#isKnown = false;
    else this.#usd += usd;
  }

  invalidate(): void {}

  render(width: number): string[] {
    const keys = this.isBusy
      ? 'enter steers · tab queues · esc stops'
      : '/help · shift+tab mode · ctrl+r history';
    const waiting = this.waiting > 0 ? yellow(` ${this.waiting} queued`) : '';
    const left = `${this.#modeText()} ${dim(plain(this.#model))}${waiting}`;
    const cost = this.#hasCost ? dim(` cost ${this.#isKnown ? dollars(this.#usd) : 'unknown'}`) : '';
    const right = `${this.#meter()}${cost}`;
    const space = width - visibleWidth(left) - visibleWidth(right);
    const first = space > 0 ? left + ' '.repeat(space) + right : truncateToWidth(`${left} ${right}`, width);
    return [first, truncateToWidth(dim(`${keys} · ${plain(this.#folder)}`), width)];
  }

  #modeText(): string {
    const paint =
      this.mode === 'bypass' ? red : this.mode === 'auto' ? green : this.mode === 'plan' ? cyan : yellow;
    return paint(this.mode);
  }

  /** How full the window is; the smart zone ends at the mark. */
  #meter(): string {
    if (!this.#use) return '';
    const { used, window, smartZone } = this.#use;
    const share = used / window;
    const paint = used > smartZone ? (share > 0.8 ? red : yellow) : green;
    const filled = bar(share, METER_WIDTH);
    const mark = Math.round((smartZone / window) * METER_WIDTH);
    const rest = Array.from({ length: METER_WIDTH - filled.length }, (_, index) =>
      index + filled.length === mark ? '┊' : '·',
    );
    return `${paint(filled)}${dim(rest.join(''))} ${Math.round(share * 100)} %${dim(` of ${Math.round(window / 1000)}k`)}`;
  }

  /** What fills the window, part by part. */
  details(): string {
    if (!this.#use) return 'Nothing was sent yet.';
    const { parts, used, window, smartZone } = this.#use;
    const lines = Object.entries(parts).map(
      ([part, tokens]) => `  ${part.padEnd(13)} ${String(tokens).padStart(8)}  ${bar(tokens / window, 30)}`,
    );
    return [`context: ${used} of ${window} tokens; the smart zone ends at ${smartZone}`, ...lines].join('\n');
  }
}
