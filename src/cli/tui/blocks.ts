import { readFileSync } from 'node:fs';
import {
  type Component,
  Image,
  Markdown,
  truncateToWidth,
  visibleWidth,
  wrapTextWithAnsi,
} from '@earendil-works/pi-tui';
import { titleOf } from '../../agent/index.ts';
import type { ThreadEvent } from '../../thread/index.ts';
import { dollars, plain, seconds } from '../output.ts';
import { bold, cyan, dim, green, magenta, markdownTheme, red, yellow } from './theme.ts';

/** One thing in the transcript. Its lines are made anew only when it has changed. */
export abstract class Block implements Component {
  #lines: string[] | undefined;
  #width = 0;

  abstract make(width: number): string[];

  render(width: number): string[] {
    if (!this.#lines || this.#width !== width) {
      this.#lines = this.make(width);
      this.#width = width;
    }
    return this.#lines;
  }

  invalidate(): void {
    this.#lines = undefined;
  }
}

/** Text that is wrapped, with something before its first line. */
export class NoteBlock extends Block {
  readonly #text: string;
  readonly #paint: (text: string) => string;

  constructor(text: string, paint: (text: string) => string = dim) {
    super();
    this.#text = text;
    this.#paint = paint;
  }

  make(width: number): string[] {
    return wrapped(this.#paint(plain(this.#text)), width);
  }
}

export class PersonBlock extends Block {
  readonly #text: string;
  readonly #how: string;

  constructor(text: string, how = '') {
    super();
    this.#text = text;
    this.#how = how;
  }

  make(width: number): string[] {
    const lines = plain(this.#text)
      .split('\n')
      .flatMap((line) => wrapped(line, width - 2));
    const how = this.#how === '' ? [] : [`  ${dim(this.#how)}`];
    return ['', ...lines.map((line, index) => `${cyan(index === 0 ? '>' : ' ')} ${bold(line)}`), ...how];
  }
}

/** What the agent says, while it says it and after. */
export class AnswerBlock extends Block {
  #text = '';
  #reasoning = '';
  readonly #markdown = new Markdown('', 0, 0, markdownTheme);

  add(channel: 'text' | 'reasoning', text: string): void {
    if (channel === 'text') this.#text += text;
    else this.#reasoning += text;
    this.invalidate();
  }

  /** The whole of it, as it was written down. */
  set(text: string, reasoning: string): void {
    this.#text = text;
    this.#reasoning = reasoning;
    this.invalidate();
  }

  make(width: number): string[] {
    const thought = plain(this.#reasoning).trim();
    // Of the thoughts the end is enough to see that it thinks.
    const reasoning = thought === '' ? [] : wrapped(dim(thought), width).slice(-4);
    const text = plain(this.#text).trim();
    if (text !== '') this.#markdown.setText(text);
    return ['', ...reasoning, ...(text === '' ? [] : this.#markdown.render(width))];
  }
}

const MAX_OUTPUT_LINES = 8;
const MAX_DIFF_LINES = 24;

/** A call of a tool: what it is about, what it changes, how it went. */
export class ToolBlock extends Block {
  readonly #tool: string;
  readonly #input: Record<string, unknown>;
  #state: 'waiting' | 'running' | 'done' | 'failed' = 'waiting';
  #output = '';
  #note = '';
  #image: Image | undefined;
  isOpen = false;

  constructor(tool: string, input: unknown) {
    super();
    this.#tool = tool;
    this.#input = (typeof input === 'object' && input !== null ? input : {}) as Record<string, unknown>;
  }

  start(allowedBy: string | undefined): void {
    this.#state = 'running';
    // What simply passes by the mode needs no words.
    this.#note = allowedBy && !/^mode |only looks/.test(allowedBy) ? allowedBy : '';
    this.invalidate();
  }

  end(event: Extract<ThreadEvent, { type: 'tool.ended' }>): void {
    this.#state = event.ok ? 'done' : 'failed';
    this.#output = event.output;
    const [image] = event.images ?? [];
    if (image) this.#image = imageOf(image.file, image.mediaType);
    this.invalidate();
  }

  say(note: string): void {
    this.#note = note;
    this.invalidate();
  }

  toggle(): void {
    this.isOpen = !this.isOpen;
    this.invalidate();
  }

  make(width: number): string[] {
    const mark = { waiting: dim('○'), running: yellow('●'), done: green('●'), failed: red('●') }[this.#state];
    const note = this.#note === '' ? '' : dim(` — ${plain(this.#note)}`);
    const lines = [
      truncateToWidth(`${mark} ${bold(this.#tool)} ${plain(titleOf('', this.#input)).trim()}${note}`, width),
    ];
    for (const line of this.#changes()) lines.push(truncateToWidth(`  ${line}`, width));
    for (const line of this.#shownOutput()) lines.push(truncateToWidth(dim(`  ${plain(line)}`), width));
    if (this.#image) lines.push(...this.#image.render(width));
    return lines;
  }

  #changes(): string[] {
    const edits = Array.isArray(this.#input.edits)
      ? (this.#input.edits as Record<string, unknown>[])
      : [this.#input];
    const lines = edits.flatMap((edit) => [
      ...split(edit.old).map((line) => red(`- ${line}`)),
      ...split(edit.new ?? (this.#tool === 'write' ? edit.content : undefined)).map((line) =>
        green(`+ ${line}`),
      ),
    ]);
    if (this.isOpen || lines.length <= MAX_DIFF_LINES) return lines;
    return [...lines.slice(0, MAX_DIFF_LINES), dim(`… ${lines.length - MAX_DIFF_LINES} more lines (ctrl+o)`)];
  }

  #shownOutput(): string[] {
    const isQuiet = this.#state === 'done' && ['read', 'edit', 'write', 'todo', 'glob'].includes(this.#tool);
    if (this.#output === '' || (isQuiet && !this.isOpen)) return [];
    const lines = this.#output.trimEnd().split('\n');
    if (this.isOpen || lines.length <= MAX_OUTPUT_LINES) return lines;
    return [...lines.slice(0, 3), `… ${lines.length - 6} lines (ctrl+o) …`, ...lines.slice(-3)];
  }
}

function split(value: unknown): string[] {
  return typeof value === 'string' ? plain(value).replace(/\n$/, '').split('\n') : [];
}

function imageOf(file: string, mediaType: string): Image | undefined {
  try {
    return new Image(
      readFileSync(file).toString('base64'),
      mediaType,
      { fallbackColor: dim },
      { maxWidthCells: 60, maxHeightCells: 20 },
    );
  } catch {
    return undefined;
  }
}

/** A sub-agent at work: its model, what it does, how long, at what cost. */
export class SubagentBlock extends Block {
  readonly #agent: string;
  readonly #model: string;
  readonly #task: string;
  readonly #started = Date.now();
  #activity = 'begins';
  /** US dollars so far; undefined once a price is not known. */
  #usd: number | undefined = 0;
  #end = '';

  constructor({ agent, model, task }: Extract<ThreadEvent, { type: 'subagent.started' }>) {
    super();
    this.#agent = agent;
    this.#model = model ?? 'no model';
    this.#task = task;
  }

  get isOver(): boolean {
    return this.#end !== '';
  }

  /** What it does now. */
  act(event: ThreadEvent): void {
    if (event.type === 'tool.started') {
      this.#activity = titleOf(event.tool, (event.input ?? {}) as Record<string, unknown>);
    } else if (event.type === 'model.requested') this.#activity = 'thinks';
    else if (event.type === 'assistant.message') {
      this.#usd =
        event.costUsd === undefined || this.#usd === undefined ? undefined : this.#usd + event.costUsd;
    } else return;
    this.invalidate();
  }

  end({ status, steps, durationMs, costUsd }: Extract<ThreadEvent, { type: 'subagent.ended' }>): void {
    this.#end = `${status}, ${steps} steps, ${seconds(durationMs / 1000)}, cost ${dollars(costUsd)}`;
    this.invalidate();
  }

  make(width: number): string[] {
    const head = `  ${magenta(this.#agent)} ${dim(this.#model)} ${plain(this.#task.split('\n', 1)[0]!)}`;
    const state = this.isOver
      ? this.#end
      : `${plain(this.#activity)} · ${seconds((Date.now() - this.#started) / 1000)} · cost ${dollars(this.#usd)}`;
    return [truncateToWidth(head, width), truncateToWidth(`    ${dim(state)}`, width)];
  }
}

/** Wraps text; a character that counts for more than its letters (some of music do) is cut rather than too wide. */
function wrapped(text: string, width: number): string[] {
  const most = Math.max(1, width);
  return wrapTextWithAnsi(text, most).map((line) =>
    visibleWidth(line) > most ? truncateToWidth(line, most) : line,
  );
}
