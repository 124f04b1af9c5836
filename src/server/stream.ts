import { type BoardThread, isAtWork, type StoredEvent, type ThreadStore } from '../thread/index.ts';

/** A thread as the manager shows it: one that says it runs while its process is gone was killed. */
export type ShownThread = Omit<BoardThread, 'status'> & { status: BoardThread['status'] | 'lost' };

export function shown(thread: BoardThread): ShownThread {
  return thread.status === 'running' && !isAtWork(thread) ? { ...thread, status: 'lost' } : thread;
}

/** What a tab is told, in order. */
export type StreamMessage =
  | { type: 'board'; revision: number; threads: ShownThread[] }
  | { type: 'events'; thread: string; events: StoredEvent[] };

/** Deltas come often; a tab is told of them a frame at a time. */
const FRAME_MS = 16;
/** So many events in one message. */
const MAX_EVENTS = 500;

/**
 * Everything that a tab follows, in one stream: changes of the board after a revision, and the events of some threads from
 * a number on. With the numbers that it saw last a tab goes on without a gap and without a double, also with another
 * server.
 */
export async function* follow(
  store: ThreadStore,
  from: { revision: number; threads: ReadonlyMap<string, number> },
  signal: AbortSignal,
): AsyncGenerator<StreamMessage> {
  let { revision } = from;
  const next = new Map([...from.threads].map(([thread, seq]) => [thread, seq + 1]));
  let first = true;
  while (!signal.aborted) {
    const changed = await store.changes(revision);
    if (changed.length > 0) {
      revision = changed.at(-1)!.revision;
      yield { type: 'board', revision, threads: changed.map(shown) };
    }
    const wanted = first ? [...next.keys()] : changed.map(({ id }) => id).filter((id) => next.has(id));
    first = false;
    for (const thread of wanted) {
      const events = await store.read(thread, next.get(thread)!).catch(() => []);
      for (let at = 0; at < events.length; at += MAX_EVENTS)
        yield { type: 'events', thread, events: events.slice(at, at + MAX_EVENTS) };
      const last = events.at(-1);
      if (last) next.set(thread, last.seq + 1);
    }
    if (changed.length === 0) await store.change(revision, signal);
    else await new Promise((resolve) => setTimeout(resolve, FRAME_MS));
  }
}
