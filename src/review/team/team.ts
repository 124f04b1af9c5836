import { type Estimate, estimateMean } from '../../eval/index.ts';
import type { BoardThread, ThreadStore } from '../../thread/index.ts';
import { type KeptLines, keptLines } from './kept-lines.ts';

/** What one person had done by agents. */
export interface Member {
  person: string;
  threads: number;
  /** How they ended. */
  done: number;
  failed: number;
  running: number;
  steps: number;
  /** US dollars; absent where any price is not known. */
  costUsd?: number;
  /** Threads begun in each of the last weeks, this one last. */
  weeks: number[];
  /** What was asked, the latest first. */
  asked: { thread: string; kind: BoardThread['kind']; title: string; status: string; at: number }[];
  /** Of threads that are old enough: the mean share of their lines that still stand, and the lines in all. */
  kept?: { share: Estimate } & KeptLines;
}

export interface TeamReport {
  /** How old a thread's work must be for its lines to count as kept. */
  days: number;
  members: Member[];
}

const DAY_MS = 24 * 60 * 60 * 1000;
export const WEEKS = 12;
const MAX_THREADS = 2_000;
/** Each is read whole and its files compared. */
const MAX_OLD = 200;
const MAX_ASKED = 8;
const NOBODY = 'not said';

/**
 * Threads by person: what was asked, how it ended, what it cost, and how much of what agents wrote still stands after some
 * days.
 */
export async function teamReport(
  store: ThreadStore,
  { days = 30, now = Date.now() }: { days?: number; now?: number } = {},
): Promise<TeamReport> {
  const all = await store.board({ limit: MAX_THREADS });
  const threads = all.filter(
    ({ kind, parent }) => (kind === 'session' || kind === 'flow') && parent === undefined,
  );
  const byPerson = Map.groupBy(threads, ({ activity }) => activity.person ?? NOBODY);
  const members = await Promise.all(
    [...byPerson].map(async ([person, own]): Promise<Member> => {
      const parts = all.filter(({ parent }) => own.some(({ id }) => id === parent));
      const costs = [...own, ...parts]
        .filter(({ activity }) => activity.steps > 0)
        .map(({ activity }) => activity.costUsd);
      const kept = await keptBy(store, [...own, ...parts], now - days * DAY_MS);
      return {
        ...{ person, threads: own.length, weeks: weeksOf(own, now) },
        done: own.filter(({ status }) => status === 'done').length,
        failed: own.filter(({ status }) => status === 'failed' || status === 'exhausted').length,
        running: own.filter(({ status }) => status === 'running').length,
        steps: [...own, ...parts].reduce((sum, { activity }) => sum + activity.steps, 0),
        ...(costs.every((cost) => cost !== undefined) && {
          costUsd: costs.reduce((sum, cost) => sum + cost, 0),
        }),
        asked: [...own]
          .sort((a, b) => b.startedAt - a.startedAt)
          .slice(0, MAX_ASKED)
          .map(({ id, kind, title, status, startedAt }) => ({
            thread: id,
            kind,
            title,
            status,
            at: startedAt,
          })),
        ...(kept && { kept }),
      };
    }),
  );
  return { days, members: members.sort((a, b) => b.threads - a.threads || (a.person < b.person ? -1 : 1)) };
}

async function keptBy(
  store: ThreadStore,
  threads: readonly BoardThread[],
  before: number,
): Promise<Member['kept']> {
  const old = threads
    .filter(
      ({ kind, status, updatedAt }) => kind === 'session' && status !== 'running' && updatedAt <= before,
    )
    .slice(0, MAX_OLD);
  const found: (KeptLines & { thread: string })[] = [];
  for (const { id } of old) {
    const lines = await keptLines(id, await store.read(id));
    if (lines) found.push({ thread: id, ...lines });
  }
  if (found.length === 0) return undefined;
  const shares = found.map(({ thread, added, kept }) => ({ value: kept / added, cluster: thread }));
  return {
    share: estimateMean(shares, { bounds: [0, 1] }),
    added: found.reduce((sum, { added }) => sum + added, 0),
    kept: found.reduce((sum, { kept }) => sum + kept, 0),
  };
}

function weeksOf(threads: readonly BoardThread[], now: number): number[] {
  const weeks = new Array<number>(WEEKS).fill(0);
  for (const { startedAt } of threads) {
    const ago = Math.floor((now - startedAt) / (7 * DAY_MS));
    if (ago >= 0 && ago < WEEKS) weeks[WEEKS - 1 - ago]!++;
  }
  return weeks;
}
