import { factsFor } from '../config/index.ts';
import type { Model, ModelRequest } from '../model/index.ts';
import type { Sandbox } from '../sandbox/index.ts';
import type { ThreadEvent } from '../thread/index.ts';
import {
  CORE_TOOLS,
  dependencyTool,
  type RunObserver,
  type SoundCall,
  type Tool,
  type ToolContext,
  type ToolResult,
  toolSpecs,
} from '../tool/index.ts';
import type { Agent, Job } from './agent.ts';
import type { Meter } from './budget.ts';
import { saveHandoff } from './context/handoff-file.ts';
import { type ContextOptions, ContextWindow } from './context/window.ts';
import { Conversation, standing } from './conversation.ts';
import type { Inbox } from './inbox.ts';
import { InstructionReader, type Instructions, instructionsText } from './instructions.ts';
import type { LoopOptions } from './loop.ts';
import type { Decision } from './permission/decide.ts';
import { systemPrompt } from './prompt.ts';
import { Session } from './session.ts';
import type { NewFile } from './subagents/browsing.ts';
import type { AgentDefinition } from './subagents/definition.ts';
import { askTool } from './tools/ask.ts';
import { type Delegation, delegateTool } from './tools/delegate.ts';
import { rememberTool } from './tools/remember.ts';
import { todoTool } from './tools/todo.ts';

/** What the person has approved to be remembered; work that nobody attends to is done without. */
async function memoryOf({ session }: Job, { root }: Sandbox): Promise<Instructions[]> {
  const facts = session ? await factsFor(session.project ?? root) : [];
  if (facts.length === 0) return [];
  return [{ path: 'memory', text: facts.map(({ text, at }) => `- ${text} (${at.slice(0, 10)})`).join('\n') }];
}

/** A call that was allowed as a whole may change what the mode alone would ask about, and nothing that is held back. */
function mayWrite({ outcome, rule, because }: Decision): boolean {
  return (
    outcome === 'allow' || (outcome === 'ask' && rule === undefined && !because.endsWith('is protected'))
  );
}

interface WorkplaceOptions extends Pick<LoopOptions, 'model' | 'retry' | 'helpers'> {
  system: string;
  tools: readonly Tool[];
  context: ContextOptions;
  meter: Meter;
  signal: AbortSignal;
  /** Makes an agent that works for this one. */
  agentOf(options: LoopOptions): Agent;
}

/** Everything around the loop for one job: the conversation, the window, permission, instructions, checkpoints. */
export class Workplace {
  readonly conversation: Conversation;
  readonly window: ContextWindow;
  /** By name. */
  readonly tools: ReadonlyMap<string, Tool>;
  readonly toolContext: Omit<ToolContext, 'callId'>;
  readonly #job: Job;
  readonly #sandbox: Sandbox;
  readonly #session: Session;
  readonly #options: WorkplaceOptions;
  readonly #reader: InstructionReader;
  readonly #system: string;
  readonly #specs: ModelRequest['tools'];
  #step = 0;
  #writing: Promise<void> = Promise.resolve();
  /** What the thread holds, without the pieces that a whole follows. */
  readonly #events: ThreadEvent[];

  /** Reads what the thread holds and, at its very beginning, the repository's instructions. */
  static async open(job: Job, sandbox: Sandbox, options: WorkplaceOptions): Promise<Workplace> {
    const conversation = Conversation.of(job.history);
    const reader = new InstructionReader(sandbox);
    const initial = [...(await reader.initial()), ...(await memoryOf(job, sandbox))];
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
    this.#sandbox = sandbox;
    this.#options = options;
    this.#reader = reader;
    this.#session = job.session ?? Session.unattended(sandbox);
    this.#system = systemPrompt(options.system, conversation.instructions);
    this.#events = standing(job.history).filter(({ type }) => type !== 'assistant.delta');
    const { gate, seen, shell } = this.#session;
    const tools = [...options.tools, ...this.#ownTools()];
    this.tools = new Map(tools.map((tool) => [tool.name, tool]));
    this.#specs = toolSpecs(tools);
    this.toolContext = {
      sandbox,
      signal: options.signal,
      newOutputFile: job.newOutputFile,
      seen,
      shell,
      allows: {
        read: (path) =>
          gate.decide({ tool: { name: 'read', kind: 'read' }, file: [path] }).outcome !== 'deny',
        write: (path) => mayWrite(gate.decide({ tool: { name: 'edit', kind: 'edit' }, file: [path] })),
        fetch: (host) => gate.decide({ tool: { name: 'fetch', kind: 'fetch' }, host }).outcome === 'allow',
      },
    };
    const { model, retry, meter, context } = options;
    this.window = new ContextWindow(context, {
      ...{ model, conversation, meter },
      ...(retry && { retry }),
      head: { system: this.#system, instructions: conversation.instructions, tools: this.#specs },
      record: this.record,
      events: async () => this.#events,
      beforeCompaction: async (reason) => this.#session.hooks?.compaction(reason, this.#hookAround),
      // The text is in the thread as well, should it not be written.
      writeHandoff: (text) =>
        saveHandoff(`${job.thread}-${conversation.lastStep}`, text).catch(() => undefined),
    });
  }

  /** The tools that need more than a workspace: the thread, the person, other agents. */
  #ownTools(): Tool[] {
    const { record } = this;
    const { person } = this.#session;
    const step = () => this.#step;
    const { helpers, meter, model } = this.#options;
    // An agent that works for another one neither asks the person nor hands on.
    if (!this.#job.startThread) return [];
    const root = this.#session.project ?? this.#sandbox.root;
    const tools = [todoTool(record), askTool({ record, step, person })] as Tool[];
    tools.push(...(this.#job.tools?.(record) ?? []));
    if (person) tools.push(rememberTool({ record, step, person, root, thread: this.#job.thread }) as Tool);
    if (helpers && helpers.agents.length > 0) {
      const delegation: Delegation = {
        ...{ agents: helpers.agents, job: this.#job, session: this.#session, record, step },
        modelFor: async (name) => (name === undefined ? model : helpers.modelFor(name)),
        run: (definition, own, job, more) =>
          this.#options.agentOf(this.#optionsFor(definition, own, more)).run(job),
        write: (file) => this.#writeFile(file),
        budget: () => meter.left(),
        spent: (outcome) => meter.addUsage(outcome),
      };
      tools.push(delegateTool(delegation) as Tool);
    }
    return tools;
  }

  /** One after the other: of two artifacts of a name the second is another version. */
  #writeFile(file: NewFile): Promise<void> {
    const written = this.#writing.then(() => {
      const versions = this.#events.filter(
        (event) => event.type === 'artifact.written' && event.artifact === file.artifact,
      );
      return this.record({ type: 'artifact.written', version: versions.length + 1, ...file });
    });
    this.#writing = written.catch(() => {});
    return written;
  }

  #optionsFor({ tools, prompt }: AgentDefinition, model: Model, more: readonly Tool[]): LoopOptions {
    const { retry, context } = this.#options;
    const all = [...CORE_TOOLS, dependencyTool, ...more] as Tool[];
    return {
      ...{ model, context, system: prompt },
      ...(retry && { retry }),
      tools: tools ? all.filter(({ name }) => tools.includes(name)) : CORE_TOOLS,
    };
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
    return { system: this.#system, messages: this.conversation.messages, tools: this.#specs };
  }

  /** What happens around each call of a step. */
  observer(step: number): RunObserver {
    this.#step = step;
    return {
      prepare: (paths) => this.#session.checkpoints?.name(paths),
      permit: (sound) => this.#permit(step, sound),
      started: ({ callId, tool, input }, allowedBy) =>
        this.record({
          ...{ type: 'tool.started', step, callId, tool, input: input ?? null },
          ...(allowedBy !== undefined && { allowedBy }),
        }),
      ran: async (sound, result) => this.#afterHooks(sound, await this.#withInstructions(sound, result)),
      ended: ({ callId, tool }, result, durationMs) =>
        this.record({ type: 'tool.ended', step, callId, tool, ...result, durationMs }),
    };
  }

  async #permit(step: number, sound: SoundCall) {
    const { gate, person, checkpoints, shell } = this.#session;
    const { sandbox, signal } = this.toolContext;
    const cwd = shell.folder(sandbox);
    const permit = await gate.permit(step, sound, { emit: this.record, person, signal, cwd });
    const { writes } = sound.access;
    const blocked = permit.allowed
      ? await this.#session.hooks?.beforeTool(sound, gate, this.#hookAround)
      : undefined;
    if (blocked !== undefined) return { allowed: false as const, reason: `Not run: a hook said: ${blocked}` };
    if (permit.allowed && writes !== undefined && !permit.looks) {
      await checkpoints?.before(step, this.record);
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

  get #hookAround() {
    return { emit: this.record, signal: this.toolContext.signal, thread: this.#job.thread };
  }

  async #afterHooks(sound: SoundCall, result: ToolResult): Promise<ToolResult> {
    const { hooks, gate } = this.#session;
    const said = await hooks?.afterTool(sound, result, gate, this.#hookAround);
    return said === undefined ? result : { ...result, output: `${result.output}\n\n[a hook says: ${said}]` };
  }

  /** What stands against the end of the work; undefined where nothing does. */
  async objection(answer: string): Promise<string | undefined> {
    // A sub-agent's end is not the end of the work.
    if (!this.#job.startThread) return undefined;
    return (await this.#job.missing?.()) ?? this.#session.hooks?.stop(answer, this.#hookAround);
  }

  async stepEnded(step: number): Promise<void> {
    await this.#session.checkpoints?.after(step, this.record);
  }
}
