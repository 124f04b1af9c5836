import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kinoHome } from '../config/index.ts';
import type { Model, ModelRequest, RetryPolicy } from '../model/index.ts';
import type { Sandbox } from '../sandbox/index.ts';
import type { ThreadEvent } from '../thread/index.ts';
import type { RunObserver, SoundCall, ToolContext, ToolResult } from '../tool/index.ts';
import type { Job } from './agent.ts';
import type { Meter } from './budget.ts';
import { type ContextOptions, ContextWindow } from './context/window.ts';
import { Conversation, standing } from './conversation.ts';
import type { Inbox } from './inbox.ts';
import { InstructionReader, instructionsText } from './instructions.ts';
import { systemPrompt } from './prompt.ts';
import { Session } from './session.ts';

interface WorkplaceOptions {
  model: Model;
  retry?: RetryPolicy;
  system: string;
  specs: ModelRequest['tools'];
  context: ContextOptions;
  meter: Meter;
  signal: AbortSignal;
}

/** Everything around the loop for one job: the conversation, the window, permission, instructions, checkpoints. */
export class Workplace {
  readonly conversation: Conversation;
  readonly window: ContextWindow;
  readonly tools: Omit<ToolContext, 'callId'>;
  readonly #job: Job;
  readonly #session: Session;
  readonly #options: WorkplaceOptions;
  readonly #reader: InstructionReader;
  readonly #system: string;
  /** What the thread holds, without the pieces that a whole follows. */
  readonly #events: ThreadEvent[];

  /** Reads what the thread holds and, at its very beginning, the repository's instructions. */
  static async open(job: Job, sandbox: Sandbox, options: WorkplaceOptions): Promise<Workplace> {
    const conversation = Conversation.of(job.history);
    const reader = new InstructionReader(sandbox);
    const initial = await reader.initial();
    // A thread that goes on keeps the instructions it began with: its prefix is in the provider's cache.
    if (conversation.lastStep === 0 && conversation.instructions.length === 0) {
      for (const { path, text } of initial) {
        const event = { type: 'instructions.loaded', path, bytes: Buffer.byteLength(text), text } as const;
        await job.emit(event);
        conversation.apply(event);
      }
    }
    return new Workplace(job, sandbox, options, conversation, reader);
  }

  private constructor(
    job: Job,
    sandbox: Sandbox,
    options: WorkplaceOptions,
    conversation: Conversation,
    reader: InstructionReader,
  ) {
    this.conversation = conversation;
    this.#job = job;
    this.#options = options;
    this.#reader = reader;
    this.#session = job.session ?? Session.unattended(sandbox);
    this.#system = systemPrompt(options.system, conversation.instructions);
    this.#events = standing(job.history).filter(({ type }) => type !== 'assistant.delta');
    const { gate, seen, shell } = this.#session;
    this.tools = {
      sandbox,
      signal: options.signal,
      newOutputFile: job.newOutputFile,
      seen,
      shell,
      allows: {
        write: (path) =>
          gate.decide({ tool: { name: 'edit', kind: 'edit' }, file: [path] }).outcome === 'allow',
        fetch: (host) => gate.decide({ tool: { name: 'fetch', kind: 'fetch' }, host }).outcome === 'allow',
      },
    };
    const { model, retry, meter, specs, context } = options;
    this.window = new ContextWindow(context, {
      ...{ model, conversation, meter },
      ...(retry && { retry }),
      head: { system: this.#system, instructions: conversation.instructions, tools: specs },
      record: this.record,
      events: async () => this.#events,
      writeHandoff: (text) => this.#writeHandoff(text),
    });
  }

  get inbox(): Inbox {
    return this.#session.inbox;
  }

  /** Writes an event down; only then does it count. */
  readonly record = async (event: ThreadEvent): Promise<void> => {
    await this.#job.emit(event);
    if (event.type === 'assistant.delta') return;
    this.#events.push(event);
    this.conversation.apply(event);
    if (event.type === 'context.compacted') {
      await this.#reader.forget(this.conversation.instructions.map(({ path }) => path));
    }
  };

  request(): ModelRequest {
    return { system: this.#system, messages: this.conversation.messages, tools: this.#options.specs };
  }

  /** What happens around each call of a step. */
  observer(step: number): RunObserver {
    return {
      permit: (sound) => this.#permit(step, sound),
      started: ({ callId, tool, input }, allowedBy) =>
        this.record({
          ...{ type: 'tool.started', step, callId, tool, input: input ?? null },
          ...(allowedBy !== undefined && { allowedBy }),
        }),
      ran: (sound, result) => this.#withInstructions(sound, result),
      ended: ({ callId, tool }, result, durationMs) =>
        this.record({ type: 'tool.ended', step, callId, tool, ...result, durationMs }),
    };
  }

  async #permit(step: number, sound: SoundCall) {
    const { gate, person, checkpoints, shell } = this.#session;
    const { sandbox, signal } = this.tools;
    const cwd = shell.cwd ?? sandbox.cwd;
    const permit = await gate.permit(step, sound, { emit: this.record, person, signal, cwd });
    const { writes } = sound.access;
    if (permit.allowed && writes !== undefined && !permit.looks) {
      await checkpoints?.before(step, writes === '*' ? undefined : writes, this.record);
    }
    return permit;
  }

  /** The instructions of a folder come with the first file of it that the agent touches. */
  async #withInstructions({ access }: SoundCall, result: ToolResult): Promise<ToolResult> {
    const path = access.writes ?? access.reads;
    if (!result.ok || path === undefined || path === '*') return result;
    const found = await this.#reader.entering(path);
    if (found.length === 0) return result;
    for (const { path: file, text } of found) {
      await this.record({ type: 'instructions.loaded', path: file, bytes: Buffer.byteLength(text) });
    }
    return { ...result, output: `${result.output}\n\n${instructionsText(found)}` };
  }

  async stepEnded(step: number): Promise<void> {
    await this.#session.checkpoints?.after(step, this.record);
  }

  async #writeHandoff(text: string): Promise<string | undefined> {
    const folder = join(kinoHome(), 'handoffs');
    const file = join(folder, `${this.#job.thread}-${this.conversation.lastStep}.md`);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(file, `${text}\n`, { mode: 0o600 });
      return file;
    } catch {
      // The text is in the thread as well.
      return undefined;
    }
  }
}
