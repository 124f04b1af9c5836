import { useSyncExternalStore } from 'react';
import type { ShownThread, StreamMessage } from '../server/index.ts';
import type { StoredEvent } from '../thread/index.ts';
import { announce } from './announce.ts';
import { ApiError, api, read } from './api.ts';
import { follow } from './follow.ts';
import { retryDelay } from './stream.ts';

/** A part of a thread's events that the tab has: from `first` on, without a gap. */
export interface ThreadEvents {
  events: readonly StoredEvent[];
  first: number;
}

interface State {
  threads: ReadonlyMap<string, ShownThread>;
  /** The board was read once. */
  isRead: boolean;
  events: ReadonlyMap<string, ThreadEvents>;
  connection: 'connecting' | 'open' | 'lost' | 'refused';
}

let state: State = { threads: new Map(), isRead: false, events: new Map(), connection: 'connecting' };
let revision = 0;
let tellStream: ReturnType<typeof follow> | undefined;
let tries = 0;
let planned = false;
const listeners = new Set<() => void>();

function update(change: Partial<State>): void {
  state = { ...state, ...change };
  if (planned) return;
  planned = true;
  // However many messages come, it is painted once a frame; a tab that is not seen has no frames.
  const paint = () => {
    planned = false;
    for (const listener of listeners) listener();
  };
  // Whoever types sees their own keys first; what streams beside them can wait that long.
  if (document.hidden || performance.now() - typedAt < TYPING_MS) setTimeout(paint, TYPING_MS);
  else requestAnimationFrame(paint);
}

const TYPING_MS = 100;
let typedAt = Number.NEGATIVE_INFINITY;
window.addEventListener(
  'keydown',
  () => {
    typedAt = performance.now();
  },
  { capture: true, passive: true },
);

export function useStore<T>(select: (state: State) => T): T {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => select(state),
  );
}

/** Reads the board and follows it from there. */
export async function begin(): Promise<void> {
  try {
    const board = await read(api.board.$get());
    revision = board.revision;
    const threads = new Map(board.threads.map((thread) => [thread.id, thread as ShownThread]));
    update({ threads, isRead: true });
    connect();
  } catch (error) {
    // Another server has another token: only its address helps.
    const isRefused = error instanceof ApiError && error.status === 401;
    update({ connection: isRefused ? 'refused' : 'lost' });
    setTimeout(begin, retryDelay(tries++));
  }
}

/** What this tab has, said anew where it follows other threads. */
function connect(): void {
  const threads = [...state.events].map(([id, { events, first }]): [string, number] => [
    id,
    events.at(-1)?.seq ?? first - 1,
  ]);
  tellStream ??= follow((told) => {
    if ('message' in told) receive(told.message);
    else update({ connection: told.connection });
  });
  tellStream({ revision, threads });
}

function receive(message: StreamMessage): void {
  if (message.type === 'board') {
    revision = message.revision;
    const before = state.threads;
    const threads = new Map(before);
    for (const thread of message.threads) threads.set(thread.id, thread);
    update({ threads });
    for (const thread of message.threads) announce(before.get(thread.id), thread, threads);
    return;
  }
  const known = state.events.get(message.thread);
  if (!known) return;
  const last = known.events.at(-1)?.seq ?? known.first - 1;
  const fresh = message.events.filter(({ seq }) => seq > last);
  if (fresh.length === 0) return;
  const events = new Map(state.events);
  events.set(message.thread, { ...known, events: [...known.events, ...fresh] });
  update({ events });
}

const PAGE = 400;

/** Begins to follow a thread's events: the latest at once, earlier ones when they are asked for. */
export async function followThread(id: string): Promise<void> {
  if (state.events.has(id)) return;
  const { events, first } = await read(
    api.threads[':id'].events.$get({ param: { id }, query: { limit: String(PAGE) } }),
  );
  update({ events: new Map(state.events).set(id, { events: events as StoredEvent[], first }) });
  connect();
}

export function leaveThread(id: string): void {
  const events = new Map(state.events);
  if (events.delete(id)) update({ events });
}

export async function loadEarlier(id: string): Promise<void> {
  const known = state.events.get(id);
  if (!known || known.first <= 1) return;
  const before = String(known.first);
  const page = await read(
    api.threads[':id'].events.$get({ param: { id }, query: { before, limit: String(PAGE) } }),
  );
  const now = state.events.get(id);
  // It was left meanwhile, or somebody else was faster.
  if (now?.first !== known.first) return;
  const events = [...(page.events as StoredEvent[]), ...now.events];
  update({ events: new Map(state.events).set(id, { events, first: page.first }) });
}
