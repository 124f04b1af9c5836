import {
  type Agent,
  type AgentChoice,
  changingSteps,
  loadCommands,
  type Mode,
  type OpenSession,
  type Outcome,
  openAgent,
  openSession,
  openSnapshots,
  type Person,
  type PromptCommand,
  takeBack,
  titleFrom,
} from '../../agent/index.ts';
import { runWithArtifacts } from '../../flow/index.ts';
import type { SandboxName } from '../../sandbox/index.ts';
import {
  type FilesRestored,
  newId,
  type StoredEvent,
  type ThreadEvent,
  type ThreadStore,
} from '../../thread/index.ts';
import { UsageError } from '../exit.ts';
import { worktreeOf } from '../headless.ts';
import { isWorkedOn } from '../thread-status.ts';

export interface ChatFlags extends AgentChoice {
  cwd: string;
  worktree?: string | true;
  mode?: Mode;
  sandbox?: SandboxName;
}

export interface ChatFace {
  person: Person;
  /** Told of everything that happens in the thread, after it was written. */
  onEvent(event: ThreadEvent): void;
  /** Told of what happens in the threads of sub-agents. */
  onChildEvent(thread: string, event: ThreadEvent): void;
}

/** A conversation with an agent, without a screen: one thread, prompt after prompt. */
export class Chat {
  readonly thread: string;
  readonly open: OpenSession;
  readonly agent: Agent;
  /** Sentences about the configuration that the person should read. */
  readonly problems: readonly string[];
  /** Prompts that can be called by name. */
  readonly commands: readonly PromptCommand[];
  readonly #store: ThreadStore;
  readonly #face: ChatFace;
  #running: AbortController | undefined;

  private constructor(
    thread: string,
    open: OpenSession,
    made: { agent: Agent; problems: string[]; commands: PromptCommand[] },
    store: ThreadStore,
    face: ChatFace,
  ) {
    this.thread = thread;
    this.open = open;
    this.agent = made.agent;
    this.problems = made.problems;
    this.commands = made.commands;
    this.#store = store;
    this.#face = face;
  }

  /** @param thread one that goes on; without it a new one, which begins with the first prompt */
  static async open(flags: ChatFlags, store: ThreadStore, face: ChatFace, thread?: string): Promise<Chat> {
    let folder = flags.cwd;
    if (thread !== undefined) {
      const summary = await store.get(thread);
      if (isWorkedOn(summary) && summary.pid !== process.pid)
        throw new UsageError(`${thread} is being worked on (process ${summary.pid}).`);
      const started = (await store.read(thread)).find((event) => event.type === 'thread.started');
      if (flags.cwd === '.' && started?.workspace !== undefined) folder = started.workspace;
    }
    const id = thread ?? newId();
    const open = await openSession({
      ...{ folder, thread: id, person: inTurn(face.person) },
      ...(flags.mode && { mode: flags.mode }),
      ...(flags.sandbox && { sandbox: flags.sandbox }),
      ...(thread === undefined && worktreeOf(flags, id)),
    });
    try {
      const { commands, problems } = await loadCommands(open.root, { trusted: open.trust === 'trusted' });
      const made = await openAgent(flags, open);
      const all = { ...made, commands, problems: [...made.problems, ...problems] };
      return new Chat(id, open, all, store, face);
    } catch (error) {
      await open.dispose();
      throw error;
    }
  }

  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  get mode(): Mode {
    return this.open.session.gate.policy.mode;
  }

  set mode(mode: Mode) {
    this.open.session.gate.policy.mode = mode;
  }

  /** Lets the agent work on a prompt until it is done. */
  async send(prompt: string | undefined): Promise<Outcome & { durationMs: number }> {
    const running = new AbortController();
    this.#running = running;
    try {
      return await runWithArtifacts({
        ...{ store: this.#store, thread: this.thread, agent: this.agent, open: this.open },
        ...(prompt !== undefined && { prompt }),
        ...{ title: titleFrom(prompt ?? ''), signal: running.signal, isAttended: true },
        onEvent: (event) => this.#face.onEvent(event),
        onChildEvent: (thread, event) => this.#face.onChildEvent(thread, event),
      });
    } finally {
      this.#running = undefined;
    }
  }

  /** To be heard at the next step. */
  steer(text: string): void {
    this.open.session.inbox.steer(text);
  }

  /** To be heard when the work at hand is done. */
  queue(text: string): void {
    this.open.session.inbox.queue(text);
  }

  /** Ends the step at hand; the thread stays. */
  interrupt(): void {
    this.#running?.abort();
  }

  /** What the thread holds; nothing before the first prompt. */
  async events(): Promise<StoredEvent[]> {
    return this.#store.read(this.thread).catch(() => []);
  }

  /** Takes back the last step that changed files; undefined where there is none. */
  async undo(): Promise<FilesRestored | undefined> {
    const last = changingSteps(await this.events()).at(-1);
    if (!last) return undefined;
    const snapshots = await openSnapshots(this.open.root, this.thread);
    const done = await takeBack(snapshots, [last]);
    await this.#store.append(this.thread, [done]);
    return done;
  }

  async close(): Promise<void> {
    this.interrupt();
    await this.open.dispose();
  }
}

/** A screen has room for one question: calls that run at once, and agents that do, wait for each other. */
function inTurn(person: Person): Person {
  let last: Promise<unknown> = Promise.resolve();
  const next = <T>(ask: () => Promise<T>): Promise<T> => {
    const asked = last.then(ask);
    last = asked.catch(() => {});
    return asked;
  };
  return {
    permit: (request, signal) => next(() => person.permit(request, signal)),
    answer: (inquiry, signal) => next(() => person.answer(inquiry, signal)),
  };
}
