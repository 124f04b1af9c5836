import type { Activity } from './activity.ts';
import type { StoredEvent, ThreadEvent, ThreadStarted, ThreadStatus } from './event.ts';

/** What a list shows of a thread: a projection of its events, kept by the store. */
export interface ThreadSummary {
  id: string;
  kind: ThreadStarted['kind'];
  title: string;
  agent?: string;
  model?: string;
  repository?: string;
  parent?: string;
  status: ThreadStatus;
  /** The score's reward; null when unscored; absent when the thread is not scored at all. */
  reward?: number | null;
  /** The process that works on it, while it runs. */
  host: string;
  pid: number;
  startedAt: number;
  updatedAt: number;
  /** The number of its last event. */
  lastSeq: number;
}

/** A thread as a board shows it. */
export interface BoardThread extends ThreadSummary {
  activity: Activity;
  /** Of all changes of all threads in the store, the number of its last one. */
  revision: number;
}

export interface ThreadQuery {
  kind?: ThreadStarted['kind'];
  parent?: string;
  status?: ThreadStatus;
  /** At most this many, newest first. */
  limit?: number;
}

/**
 * Where threads are kept. Any number of processes may use one store at once.
 * An event that `append` has acknowledged survives the death of the process at any moment.
 */
export interface ThreadStore {
  /**
   * Appends events in order, all or none.
   * The first event of a thread must be `thread.started`; it brings the thread into being.
   *
   * @returns the number of the last event written
   * @throws ThreadNotFoundError when the thread was never started
   * @throws StoreWriteError when nothing could be written (a full disk, no permission)
   */
  append(id: string, events: readonly ThreadEvent[]): Promise<number>;
  /**
   * Appends events where the thread's last event still is the one of that number.
   *
   * @returns false where somebody else has written meanwhile, and nothing was appended
   * @throws as `append`
   */
  appendAfter(id: string, lastSeq: number, events: readonly ThreadEvent[]): Promise<boolean>;
  /** The events of a thread from `fromSeq` (default 1) on, to `toSeq` (default the last). @throws ThreadNotFoundError */
  read(id: string, fromSeq?: number, toSeq?: number): Promise<StoredEvent[]>;
  /** One thread. @throws ThreadNotFoundError */
  get(id: string): Promise<ThreadSummary>;
  list(query?: ThreadQuery): Promise<ThreadSummary[]>;
  /** The same threads, as a board shows them. */
  board(query?: ThreadQuery): Promise<BoardThread[]>;
  /** The threads that have changed since a revision, in the order of their changes. */
  changes(afterRevision: number): Promise<BoardThread[]>;
  /** The number of the last change. */
  revision(): Promise<number>;
  /** Resolves when there is a later revision, whichever process made it, or when `signal` aborts. */
  change(afterRevision: number, signal?: AbortSignal): Promise<void>;
  /**
   * The events from `fromSeq` on, those to come included, each once and in order, whichever process writes them.
   * Ends when `signal` aborts or the consumer leaves.
   */
  subscribe(id: string, fromSeq?: number, signal?: AbortSignal): AsyncIterable<StoredEvent>;
  close(): void;
}
