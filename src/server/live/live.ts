import { hostname } from 'node:os';
import {
  type AgentChoice,
  type Mode,
  type OpenSession,
  openAgent,
  openModel,
  openSession,
  titleFrom,
  writeHandoff,
} from '../../agent/index.ts';
import { loadConfig } from '../../config/index.ts';
import { type FlowStand, Flows, groupOf, runWithArtifacts, standingRun } from '../../flow/index.ts';
import type { Model } from '../../model/index.ts';
import { validateThread } from '../../review/index.ts';
import { isAtWork, letGo, newId, type ThreadStore, type ThreadSummary, takeUp } from '../../thread/index.ts';
import type { Shell, ShellJob } from '../../tool/index.ts';
import { RequestError } from '../errors.ts';
import { AtWork, takeOver } from './at-work.ts';
import { WebPerson } from './web-person.ts';

export interface NewSession {
  folder: string;
  prompt: string;
  choice: AgentChoice;
  mode?: Mode;
  /** Work in a worktree of its own. */
  worktree: boolean;
}

interface Running {
  person: WebPerson;
  controller: AbortController;
  /** Its background jobs; absent for flows. */
  shell?: Shell;
  /** Says something while the agent works; absent for flows, which are told by the threads of their phases. */
  say?: (text: string, delivery: 'steer' | 'queue') => void;
  ended: Promise<unknown>;
}

/** The agents that work in this process, by the thread that they were started with. */
export class Live {
  readonly #store: ThreadStore;
  readonly #flows: Flows;
  readonly #choice: AgentChoice;
  readonly #running = new Map<string, Running>();
  /** Threads whose work is about to begin. */
  readonly #opening = new Set<string>();
  readonly #validating = new Map<string, AbortController>();
  readonly #ending = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();
  readonly #atWork = new AtWork();

  /** @param choice who works where nobody says it */
  constructor(store: ThreadStore, choice: AgentChoice) {
    this.#store = store;
    this.#flows = new Flows(store);
    this.#choice = choice;
  }

  /**
   * Goes on with what the agents of a server were at that was killed, one after the other, while the server answers already.
   *
   * @returns how many threads there are; what cannot be gone on with stays as it is
   */
  async goOnWithLost(): Promise<number> {
    const lost: { state: ThreadSummary; tries: number }[] = [];
    for (const { thread, tries } of await takeOver()) {
      const state = await this.#store.get(thread).catch(() => undefined);
      if (state && isCutOff(state)) lost.push({ state, tries: tries + 1 });
    }
    const work = async () => {
      for (const { state, tries } of lost)
        await this.#goOnWith(state, tries).catch(() => {
          // The board says that it was killed.
        });
    };
    const going = work().finally(() => this.#ending.delete(going));
    this.#ending.add(going);
    return lost.length;
  }

  async #goOnWith({ id, kind }: ThreadSummary, tries: number): Promise<void> {
    if (this.#closing.signal.aborted) return;
    if (kind === 'flow') this.advance(id, true, tries);
    else await this.#work(id, { ...(await this.mayGoOn(id)), tries });
  }

  isRunning(thread: string): boolean {
    return this.#running.has(thread);
  }

  /** Starts an agent in a new thread. @returns the thread's id, when its work has begun @throws whatever opening does */
  async start({ folder, prompt, choice, mode, worktree }: NewSession): Promise<string> {
    await this.check(folder, choice);
    const thread = newId();
    const title = titleFrom(prompt);
    await this.#work(thread, {
      folder,
      prompt,
      title,
      choice,
      ...(mode && { mode }),
      ...(worktree && { worktree: groupOf(title, thread) }),
    });
    return thread;
  }

  /** Whether an agent could work in a folder, before anything is made for it. @throws whatever opening one does */
  async check(folder: string, choice: AgentChoice = {}): Promise<void> {
    const open = await openSession({ folder, thread: newId(), sandbox: 'read-only' });
    try {
      await openAgent({ ...this.#choice, ...choice }, open);
    } finally {
      await open.dispose();
    }
  }

  /**
   * Goes on with a thread that nobody works on.
   *
   * @param prompt absent where work that was cut off goes on from where it was
   * @throws RequestError @throws ThreadNotFoundError
   */
  async goOn(thread: string, prompt?: string): Promise<void> {
    const { folder, title, choice } = await this.mayGoOn(thread);
    await this.#work(thread, { folder, title, choice, ...(prompt !== undefined && { prompt }) });
  }

  /** How a thread could be gone on with. @throws RequestError where it cannot @throws ThreadNotFoundError */
  async mayGoOn(thread: string): Promise<{ folder: string; title: string; choice: AgentChoice }> {
    const { title, agent, model, repository, parent, ...state } = await this.#store.get(thread);
    if (parent !== undefined) throw new RequestError(409, partOf(await this.#store.get(parent)));
    if (this.#running.has(thread) || this.#opening.has(thread) || isWorkedOn(state))
      throw new RequestError(409, 'Somebody works on it already.');
    if (agent !== 'kino')
      throw new RequestError(409, `It is the work of ${agent}; only Kino's own agent can go on.`);
    const started = (await this.#store.read(thread, 1, 1)).find((event) => event.type === 'thread.started');
    const folder = started?.workspace ?? repository;
    if (folder === undefined) throw new RequestError(409, 'It has no workspace to go on in.');
    return { folder, title, choice: model === undefined ? {} : { model } };
  }

  /** Notes from which a fresh session can start. @param digest only what the thread itself says; no model */
  async handoff(
    thread: string,
    { digest }: { digest: boolean },
  ): Promise<{ text: string; folder: string | null }> {
    const events = await this.#store.read(thread);
    const started = events.find((event) => event.type === 'thread.started');
    const folder = started?.workspace ?? started?.repository;
    if (digest || folder === undefined) return { text: await writeHandoff(events), folder: folder ?? null };
    return { text: await writeHandoff(events, await this.modelOf(thread, folder)), folder };
  }

  /** What a thread's agent thought with, otherwise what the server was told to use. @throws as `openModel` */
  async modelOf(thread: string, folder: string): Promise<Model> {
    const { model: name } = await this.#store.get(thread);
    const choice = { ...this.#choice, ...(name !== undefined && { model: name }) };
    return openModel(choice, await loadConfig(), folder);
  }

  async #work(
    thread: string,
    {
      folder,
      prompt,
      title,
      choice,
      mode,
      worktree,
      tries,
    }: {
      folder: string;
      prompt?: string;
      title: string;
      choice: AgentChoice;
      mode?: Mode;
      worktree?: string;
      tries?: number;
    },
  ): Promise<void> {
    const person = new WebPerson();
    const controller = new AbortController();
    this.#opening.add(thread);
    this.#validating.get(thread)?.abort();
    const open = await openSession({
      ...{ folder, thread, person },
      ...(mode && { mode }),
      ...(worktree !== undefined && { worktree }),
    }).catch((error: unknown) => {
      this.#opening.delete(thread);
      throw error;
    });
    try {
      const { agent } = await openAgent({ ...this.#choice, ...choice }, open);
      takeUp(thread);
      this.#atWork.begin(thread, tries);
      const begun = Promise.withResolvers<void>();
      const ended = runWithArtifacts({
        ...{ store: this.#store, thread, agent, open, title, signal: controller.signal },
        ...(prompt !== undefined && { prompt }),
        onEvent: () => begun.resolve(),
      })
        .catch((error: unknown) => {
          // Before its first event nobody has been told that it has begun.
          begun.reject(error);
          letGo(thread);
          return undefined;
        })
        .then(async (outcome) => {
          this.#running.delete(thread);
          this.#atWork.end(thread);
          begun.resolve();
          if (outcome?.status === 'done') await this.#validate(thread, open);
          await open.dispose();
        });
      this.#ending.add(ended);
      void ended.finally(() => this.#ending.delete(ended));
      this.#running.set(thread, {
        ...{ person, controller, ended, shell: open.session.shell },
        say: (text, delivery) =>
          delivery === 'steer' ? open.session.inbox.steer(text) : open.session.inbox.queue(text),
      });
      // A server that is killed from here on can be gone on with.
      await Promise.all([begun.promise, this.#atWork.saved()]);
    } catch (error) {
      await open.dispose();
      throw error;
    } finally {
      this.#opening.delete(thread);
    }
  }

  /**
   * Validates what a thread has changed, where its session lets commands run without asking; until it is gone on with. What
   * cannot be checked has no result; the work itself is done.
   */
  async #validate(
    thread: string,
    open: OpenSession,
    until: AbortController = new AbortController(),
  ): Promise<void> {
    const { gate } = open.session;
    const { outcome } = gate.decide({ tool: { name: 'diagnostics', kind: 'execute' } });
    if (outcome !== 'allow' || until.signal.aborted) return;
    this.#validating.set(thread, until);
    const signal = AbortSignal.any([until.signal, this.#closing.signal]);
    await validateThread(this.#store, thread, signal, open).catch(() => {});
    if (this.#validating.get(thread) === until) this.#validating.delete(thread);
  }

  /** Works on a flow until it needs a person; what is decided in between is in its thread. */
  advance(flow: string, resume: boolean, tries = 0): void {
    if (this.#running.has(flow)) throw new RequestError(409, 'Somebody works on it already.');
    const person = new WebPerson();
    const controller = new AbortController();
    const over = Promise.withResolvers<void>();
    const about: Running = { person, controller, ended: over.promise };
    // What the next phase changes is not what the one before it made.
    this.#validating.get(flow)?.abort();
    const face = {
      ...{ choice: {}, fallback: this.#choice, person },
      onSession: (thread: string, { session: { inbox, shell } }: OpenSession) => {
        const say = (text: string, delivery: 'steer' | 'queue') => inbox[delivery](text);
        this.#validating.get(thread)?.abort();
        const running = { ...about, shell, say };
        this.#running.set(thread, running);
        return () => this.#leave(thread, running);
      },
    };
    this.#running.set(flow, about);
    this.#atWork.begin(flow, tries);
    const work = async () => {
      await this.#atWork.saved();
      const stand = await this.#flows.advance(flow, face, controller.signal, resume);
      this.#leave(flow, about);
      over.resolve();
      await this.#validatePhase(stand);
    };
    const ended = work()
      .catch((error: Error) => this.#store.append(flow, [{ type: 'warning', message: error.message }]))
      .catch(() => {})
      .finally(() => {
        this.#leave(flow, about);
        over.resolve();
        this.#ending.delete(ended);
      });
    this.#ending.add(ended);
  }

  /** Whoever has begun in the meantime stays. */
  #leave(thread: string, running: Running): void {
    if (this.#running.get(thread) !== running) return;
    this.#running.delete(thread);
    this.#atWork.end(thread);
  }

  /** Validates what a phase has changed that now waits for the person, or was the last. */
  async #validatePhase({ flow, state, current = flow.phases.at(-1) }: FlowStand): Promise<void> {
    const thread = current && standingRun(current)?.thread;
    const isMade = state === 'needs-you' || state === 'done';
    if (!isMade || thread === undefined || current?.phase.sandbox !== 'workspace-write') return;
    if (this.#closing.signal.aborted || flow.workspace === undefined) return;
    const until = new AbortController();
    this.#validating.set(flow.id, until);
    try {
      const open = await openSession({ folder: flow.workspace, thread, sandbox: current.phase.sandbox });
      await this.#validate(thread, open, until).finally(() => open.dispose());
    } finally {
      if (this.#validating.get(flow.id) === until) this.#validating.delete(flow.id);
    }
  }

  /** @throws RequestError where it does not work here */
  async say(thread: string, text: string, delivery: 'steer' | 'queue'): Promise<void> {
    const say = this.#running.get(thread)?.say;
    if (!say) throw new RequestError(409, await this.#whereElse(thread));
    say(text, delivery);
  }

  /** The background jobs of an agent that listen on ports. */
  async listening(thread: string): Promise<{ job: ShellJob; port: number }[]> {
    const jobs = this.#running.get(thread)?.shell?.jobs() ?? [];
    const found = jobs
      .filter(({ ended, ports }) => !ended && ports)
      .map(async (job) => ((await job.ports!.listening()) ?? []).map((port) => ({ job, port })));
    return (await Promise.all(found)).flat();
  }

  /** Stops an agent; what it has written stays. @throws RequestError */
  async stop(thread: string): Promise<void> {
    const running = this.#running.get(thread);
    if (!running) throw new RequestError(409, await this.#whereElse(thread));
    running.controller.abort();
  }

  /** Why a thread cannot be told anything here. @throws ThreadNotFoundError */
  async #whereElse(thread: string): Promise<string> {
    const { parent, ...state } = await this.#store.get(thread);
    if (state.status !== 'running' || !isAtWork(state)) return 'Nobody works on it now.';
    if (parent === undefined) return 'It works in another process; use the terminal that started it.';
    return partOf(await this.#store.get(parent));
  }

  /**
   * Hands an answer to who waits for it: ids of calls are models', and the same in many threads.
   *
   * @param thread that asked: one that was started here, or a part of its work
   * @returns false where nobody waits
   */
  async answer(thread: string, hand: (person: WebPerson) => boolean): Promise<boolean> {
    for (let id: string | undefined = thread; id !== undefined; ) {
      const running = this.#running.get(id);
      if (running) return hand(running.person);
      id = (await this.#store.get(id)).parent;
    }
    return false;
  }

  /** Stops all and waits for them. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const { controller } of this.#running.values()) controller.abort();
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
    await Promise.all(this.#ending);
    await this.#atWork.saved();
  }
}

function partOf({ id, kind }: ThreadSummary): string {
  return kind === 'flow'
    ? `It is a phase of the flow ${id}; that is what can be gone on with, or sent back.`
    : `It is a part of the work of ${id}; speak to that.`;
}

/** Whether another process that is there works on a thread; on another machine it is taken to be there. */
function isWorkedOn({
  id,
  status,
  host,
  pid,
}: Pick<ThreadSummary, 'id' | 'status' | 'host' | 'pid'>): boolean {
  const isOurs = host === hostname() && pid === process.pid;
  return status === 'running' && !isOurs && isAtWork({ id, host, pid });
}

/** Whether a thread was worked on by a process that is no more. */
function isCutOff(state: ThreadSummary): boolean {
  return state.status === 'running' && !isAtWork(state);
}
