import { Editor, type Terminal, TuiMainScreen } from '@earendil-works/pi-tui';
import { editorTheme } from '../src/cli/tui/theme.ts';
import { Transcript } from '../src/cli/tui/transcript.ts';
import { stepOf } from './support/conversation.ts';
import { median, percentile, report } from './support/measure.ts';

const MESSAGES = 5_000;
const KEYS = 300;

/** A terminal that takes everything and tells when it was written to. */
class Sink implements Terminal {
  readonly columns = 120;
  readonly rows = 40;
  readonly kittyProtocolActive = false;
  onWrite: () => void = () => {};
  #onInput: (data: string) => void = () => {};

  start(onInput: (data: string) => void): void {
    this.#onInput = onInput;
  }
  type(key: string): void {
    this.#onInput(key);
  }
  write(): void {
    this.onWrite();
  }
  stop(): void {}
  async drainInput(): Promise<void> {}
  moveBy(): void {}
  hideCursor(): void {}
  showCursor(): void {}
  clearLine(): void {}
  clearFromCursor(): void {}
  clearScreen(): void {}
  setTitle(): void {}
  setProgress(): void {}
}

/** Milliseconds that each key takes until the screen has been drawn. */
async function keystrokes(messages: number): Promise<{ keys: number[]; first: number; lines: number }> {
  const terminal = new Sink();
  const tui = new TuiMainScreen(terminal);
  const transcript = new Transcript();
  // Two messages a step, the answer and the result, and one of the person's every eight steps.
  for (let step = 1, made = 0; made < messages; step++, made += 2) {
    if (step % 8 === 1) {
      transcript.apply({ type: 'user.message', text: `Go on with part ${step}.` });
      made++;
    }
    for (const event of stepOf(step)) transcript.apply(event, { replay: true });
  }
  const editor = new Editor(tui, editorTheme);
  tui.addChild(transcript);
  tui.addChild(editor);
  tui.setFocus(editor);
  const drawn = () =>
    new Promise<void>((resolve) => {
      terminal.onWrite = resolve;
    });
  let began = performance.now();
  const shown = drawn();
  tui.start();
  await shown;
  const first = performance.now() - began;
  const keys: number[] = [];
  for (let key = 0; key < KEYS + 20; key++) {
    // The screen is drawn at most every 16 ms; a person is slower than that.
    await new Promise((resolve) => setTimeout(resolve, 20));
    const done = drawn();
    began = performance.now();
    terminal.type(key % 60 === 59 ? '\u007f' : 'abcdefghij klmnopqrst'[key % 21]!);
    await done;
    if (key >= 20) keys.push(performance.now() - began);
  }
  const lines = transcript.render(terminal.columns).length;
  tui.stop();
  return { keys, first, lines };
}

/** From a key to the screen that shows it, in a long session, with a short one as the floor. */
export async function bench(): Promise<void> {
  const floor = await keystrokes(10);
  const long = await keystrokes(MESSAGES);
  console.log(
    `  ${MESSAGES.toLocaleString('en')} messages (${long.lines.toLocaleString('en')} lines): drawn first in ${Math.round(long.first)} ms; a key ${median(long.keys).toFixed(2)} ms, with 10 messages ${median(floor.keys).toFixed(2)} ms (ratio ${(median(long.keys) / median(floor.keys)).toFixed(1)}; n ${KEYS}); ${((median(long.keys) / long.lines) * 10_000).toFixed(1)} ms per 10,000 lines`,
  );
  report('key to screen, median', median(long.keys), 'ms', 16);
  report('key to screen, p95', percentile(long.keys, 0.95), 'ms', 16);
}
