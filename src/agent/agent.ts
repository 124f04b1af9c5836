import type { Repository } from '../git/index.ts';
import type { Sandbox } from '../sandbox/index.ts';
import type { ThreadEnded, ThreadEvent } from '../thread/index.ts';
import type { Tool } from '../tool/index.ts';
import type { Session } from './session.ts';

/** The bounds of a job. What is absent is not bounded. */
export interface AgentBudget {
  /** Answers of the model. */
  steps?: number;
  /** Wall time. */
  seconds?: number;
  /** Input and output tokens over all steps. */
  tokens?: number;
  /** US dollars; counts only what is known. */
  usd?: number;
}

/** One piece of work for an agent. */
export interface Job {
  /** What is asked; absent where work that was cut off goes on. */
  prompt?: string;
  /** The thread that the work is recorded in. */
  thread: string;
  /** Everything that the thread holds at the beginning of the work, the prompt included. */
  history: readonly ThreadEvent[];
  /** What lasts from one prompt to the next, and who can be asked; absent for work that nobody attends. */
  session?: Session;
  /** Opens the workspace when the agent needs one; an agent that only reads the repository never does. */
  workspace(): Promise<Sandbox>;
  /** The repository that the work is about, and the commit it starts from. */
  repository?: { repository: Repository; base: string };
  /** Further tools, for what this work is about. */
  tools?(record: (event: ThreadEvent) => Promise<void>): Tool[];
  /** What is missing when the agent believes that it is done, as it is to be told; undefined where nothing is. */
  missing?(): Promise<string | undefined>;
  /** The right answer: only agents that are told it by design (`oracle`) may look. */
  reference?: {
    answer?: string;
    patch?: string;
    /** A command that solves it, in a workspace that was opened for it. */
    command?: { argv: string[]; env: Record<string, string>; seconds: number };
  };
  budget: AgentBudget;
  /** Writes events to the thread; what has been written survives everything. */
  emit(...events: ThreadEvent[]): Promise<void>;
  /** A new file for output that is too long to be shown. */
  newOutputFile(): string;
  /** Opens a thread for work that this work hands on. */
  startThread?(about: SubThread): Promise<ThreadWriter>;
  signal: AbortSignal;
}

/** What is known of a thread that another one starts. */
export interface SubThread {
  title: string;
  agent: string;
  model?: string;
}

/** A thread to write to. */
export interface ThreadWriter {
  id: string;
  emit(...events: ThreadEvent[]): Promise<void>;
  newOutputFile(): string;
}

/** How a job ended: what the end of its thread says. */
export type Outcome = Omit<ThreadEnded, 'type' | 'durationMs'>;

/** Who tries: Kino's own loop, an agent of others, or a baseline. */
export interface Agent {
  readonly name: string;
  /** The model it thinks with, as `provider/model`. */
  readonly model?: string;
  /**
   * Works until it is done, out of budget, stopped or unable to go on. What goes wrong in the work is an outcome;
   * it throws only what makes the record itself impossible (StoreWriteError).
   */
  run(job: Job): Promise<Outcome>;
}
