import type { BoardThread } from '../thread/index.ts';

/** What the work on a phase has taken so far. */
export interface Taken {
  steps: number;
  /** US dollars; null where a price is not known. */
  costUsd: number | null;
  durationMs: number;
  /** Tokens in the window, when it was last measured. */
  context?: { used: number; window: number; smartZone: number };
}

export function takenBy(thread: BoardThread): Taken {
  const { activity, startedAt, updatedAt, status: is } = thread;
  const { steps, costUsd = null, context, workedMs } = activity;
  const durationMs = is === 'running' || workedMs === undefined ? updatedAt - startedAt : workedMs;
  return { steps, costUsd, durationMs, ...(context && { context }) };
}
