import type { Component } from '@earendil-works/pi-tui';
import type { ThreadEvent } from '../../thread/index.ts';
import { dollars, seconds } from '../output.ts';
import { AnswerBlock, type Block, NoteBlock, PersonBlock, SubagentBlock, ToolBlock } from './blocks.ts';
import { cyan, dim, green, red, yellow } from './theme.ts';

/** So many lines are on the screen and above it; beyond, so many are kept. */
const MAX_LINES = 8_000;
const KEPT_LINES = 4_000;

/** Everything that has happened, as lines. What did not change is not made again, however long the thread. */
export class Transcript implements Component {
  readonly #blocks: Block[] = [];
  /** The lines of all blocks, and where each block begins; what lies before `#clean` blocks is as it was. */
  #lines: string[] = [];
  #starts: number[] = [];
  #clean = 0;
  #width = 0;
  #answer: AnswerBlock | undefined;
  readonly #calls = new Map<string, ToolBlock>();
  readonly #subagents = new Map<string, SubagentBlock>();

  clear(): void {
    this.#blocks.length = 0;
    this.#lines = [];
    this.#starts = [];
    this.#clean = 0;
    this.#answer = undefined;
    this.#calls.clear();
    this.#subagents.clear();
  }

  add(block: Block): void {
    this.#blocks.push(block);
  }

  note(text: string, paint?: (text: string) => string): void {
    this.add(new NoteBlock(text, paint));
  }

  /** @param replay the thread is shown again; pieces of messages are left out then */
  apply(event: ThreadEvent, { replay = false } = {}): void {
    switch (event.type) {
      case 'user.message':
        if (event.from === 'kino') this.note(event.text);
        else this.add(new PersonBlock(event.text, event.delivery === undefined ? '' : `(${event.delivery})`));
        break;
      case 'instructions.loaded':
        this.note(`read ${event.path}`);
        break;
      case 'assistant.delta':
        if (!replay) this.#touch(this.#openAnswer()).add(event.channel, event.text);
        break;
      case 'model.retried':
        this.#answer?.set('', '');
        this.#touchIf(this.#answer);
        this.note(`${event.reason} — trying again in ${seconds(event.delayMs / 1000)}`, yellow);
        break;
      case 'assistant.message': {
        if (event.text !== '' || event.reasoning)
          this.#touch(this.#openAnswer()).set(event.text, event.reasoning ?? '');
        this.#answer = undefined;
        for (const { callId, tool, input } of event.toolCalls) {
          const block = new ToolBlock(tool, input);
          this.#calls.set(`${event.step} ${callId}`, block);
          this.add(block);
        }
        break;
      }
      case 'tool.started':
        this.#call(event)?.start(event.allowedBy);
        break;
      case 'tool.ended':
        this.#call(event)?.end(event);
        break;
      case 'permission.decided':
        if (event.outcome === 'deny') this.#call(event)?.say(event.reason);
        break;
      case 'subagent.started': {
        const block = new SubagentBlock(event);
        this.#subagents.set(event.thread, block);
        this.add(block);
        break;
      }
      case 'subagent.ended':
        this.#touchIf(this.#subagents.get(event.thread))?.end(event);
        break;
      case 'context.folded':
        this.note(`folded ${event.results.length} old results away (${event.tokens} tokens)`);
        break;
      case 'context.compacted':
        this.note(
          `began anew from notes: ${event.reason}${event.file === undefined ? '' : ` — ${event.file}`}`,
          cyan,
        );
        break;
      case 'todo.updated':
        for (const { text, status } of event.items) {
          this.note(
            `  ${status === 'done' ? '✓' : status === 'pending' ? '·' : '▸'} ${text}`,
            status === 'done' ? dim : undefined,
          );
        }
        break;
      case 'question.answered':
        this.note(`answered: ${event.answer}`, cyan);
        break;
      case 'files.restored':
        this.note(`took back: ${event.restored.join(', ') || 'nothing'}`, cyan);
        for (const { path, reason } of event.kept) this.note(`kept ${path}: ${reason}`, yellow);
        break;
      case 'warning':
        this.note(event.message, yellow);
        break;
      case 'hook.ran':
        if (event.outcome !== 'passed')
          this.note(`hook ${event.event}: ${event.outcome} ${event.output}`, yellow);
        break;
      case 'thread.ended': {
        this.#answer = undefined;
        const paint = event.status === 'done' ? green : event.status === 'failed' ? red : yellow;
        const what = event.status === 'done' ? 'done' : event.reason;
        this.note(
          `${what} · ${event.steps} steps · ${seconds(event.durationMs / 1000)} · cost ${dollars(event.costUsd)}`,
          (text) => (event.status === 'done' ? dim(text) : paint(text)),
        );
        break;
      }
    }
  }

  /** What a sub-agent does. */
  applyChild(thread: string, event: ThreadEvent): void {
    this.#touchIf(this.#subagents.get(thread))?.act(event);
  }

  /** Sub-agents at work count their seconds. @returns whether there are any */
  tick(): boolean {
    const working = [...this.#subagents.values()].filter(({ isOver }) => !isOver);
    for (const block of working) {
      block.invalidate();
      this.#touch(block);
    }
    return working.length > 0;
  }

  /** Shows or hides the whole of the last results. */
  toggleOutputs(): void {
    for (const block of [...this.#calls.values()].slice(-20)) this.#touch(block).toggle();
  }

  #openAnswer(): AnswerBlock {
    if (!this.#answer) {
      this.#answer = new AnswerBlock();
      this.add(this.#answer);
    }
    return this.#answer;
  }

  #call({ step, callId }: { step: number; callId: string }): ToolBlock | undefined {
    return this.#touchIf(this.#calls.get(`${step} ${callId}`));
  }

  #touchIf<B extends Block>(block: B | undefined): B | undefined {
    return block && this.#touch(block);
  }

  /** From this block on the lines may differ. */
  #touch<B extends Block>(block: B): B {
    const at = this.#blocks.lastIndexOf(block);
    if (at !== -1) this.#clean = Math.min(this.#clean, at);
    return block;
  }

  render(width: number): string[] {
    if (this.#width !== width) {
      this.#clean = 0;
      this.#width = width;
    }
    if (this.#clean < this.#blocks.length) {
      const lines = this.#lines.slice(0, this.#starts[this.#clean] ?? this.#lines.length);
      for (let index = this.#clean; index < this.#blocks.length; index++) {
        this.#starts[index] = lines.length;
        for (const line of this.#blocks[index]!.render(width)) lines.push(line);
      }
      this.#lines = lines;
      this.#clean = this.#blocks.length;
      if (lines.length > MAX_LINES) return this.#forgetOldest(width);
    }
    return this.#lines;
  }

  /** The screen compares all its lines at each key: what has scrolled far away leaves it, many blocks at once. */
  #forgetOldest(width: number): string[] {
    const from = this.#starts.findIndex((start) => this.#lines.length - start <= KEPT_LINES);
    this.#blocks.splice(0, from, new NoteBlock('… what came before is in the thread: kino threads show'));
    this.#clean = 0;
    return this.render(width);
  }

  invalidate(): void {
    for (const block of this.#blocks) block.invalidate();
    this.#clean = 0;
  }
}
