import { EventEmitter } from 'node:events';
import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type Activity, noActivity, withEvent } from './activity.ts';
import { AmbiguousThreadError, DatabaseTooNewError, StoreWriteError, ThreadNotFoundError } from './errors.ts';
import type { StoredEvent, ThreadEvent, ThreadStarted, ThreadStatus } from './event.ts';
import { MIGRATIONS } from './migrations.ts';
import type { BoardThread, ThreadQuery, ThreadStore, ThreadSummary } from './store.ts';

/** How often a subscriber looks for events that another process wrote. */
const POLL_MS = 40;
const MAX_WAIT_FOR_LOCK_MS = 10_000;

interface ThreadRow {
  id: string;
  kind: ThreadStarted['kind'];
  title: string;
  agent: string | null;
  model: string | null;
  repository: string | null;
  parent: string | null;
  status: ThreadStatus;
  scored: number;
  reward: number | null;
  host: string;
  pid: number;
  started_at: number;
  updated_at: number;
  last_seq: number;
  revision: number;
  activity: string | null;
}

/** Activities that are kept in memory. */
const MAX_ACTIVITIES = 200;
/** The name of what is emitted when any thread was written to. */
const ANY = '*';

/**
 * Threads in one SQLite file, in write-ahead mode, so that readers never wait for the writer.
 * A commit is in the operating system's hands before `append` returns: it survives the death of the process.
 * (`durability: 'power'` also waits for the disk, for machines that lose power.)
 */
export class SqliteThreadStore implements ThreadStore {
  readonly path: string;
  readonly #db: DatabaseSync;
  readonly #wake = new EventEmitter().setMaxListeners(0);
  readonly #statements = new Map<string, StatementSync>();
  /** Of threads that this process writes to, what the last event made of them. */
  readonly #activities = new Map<string, { seq: number; activity: Activity }>();
  #closed = false;

  /** @throws DatabaseTooNewError @throws StoreWriteError */
  constructor(path: string, options: { durability?: 'process' | 'power' } = {}) {
    this.path = path;
    try {
      if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      this.#db = new DatabaseSync(path, { timeout: MAX_WAIT_FOR_LOCK_MS });
      if (path !== ':memory:') chmodSync(path, 0o600);
      this.#db.exec('PRAGMA journal_mode = WAL');
      this.#db.exec(`PRAGMA synchronous = ${options.durability === 'power' ? 'FULL' : 'NORMAL'}`);
      this.#migrate();
    } catch (error) {
      if (error instanceof DatabaseTooNewError) throw error;
      throw new StoreWriteError(path, error);
    }
  }

  #migrate(): void {
    const version = () =>
      (this.#db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
    if (version() > MIGRATIONS.length) throw new DatabaseTooNewError(this.path, version(), MIGRATIONS.length);
    if (version() === MIGRATIONS.length) return;
    // Under the lock the version is read anew: another process may have been faster.
    this.#transaction(() => {
      for (let step = version(); step < MIGRATIONS.length; step++) {
        this.#db.exec(MIGRATIONS[step]!);
        this.#db.exec(`PRAGMA user_version = ${step + 1}`);
      }
    });
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #transaction<T>(work: () => T): T {
    this.#prepare('BEGIN IMMEDIATE').run();
    try {
      const result = work();
      this.#prepare('COMMIT').run();
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  append(id: string, events: readonly ThreadEvent[]): Promise<number> {
    return this.#append(id, () => this.#write(id, events));
  }

  async appendAfter(id: string, lastSeq: number, events: readonly ThreadEvent[]): Promise<boolean> {
    const isLast = () => {
      const row = this.#prepare('SELECT last_seq FROM thread WHERE id = ?').get(id);
      return ((row as { last_seq: number } | undefined)?.last_seq ?? 0) === lastSeq;
    };
    return (await this.#append(id, () => (isLast() ? this.#write(id, events) : 0))) > 0;
  }

  async #append(id: string, write: () => number): Promise<number> {
    let last: number;
    try {
      last = this.#transaction(write);
    } catch (error) {
      if (error instanceof ThreadNotFoundError) throw error;
      throw new StoreWriteError(this.path, error);
    }
    this.#wake.emit(id);
    this.#wake.emit(ANY);
    return last;
  }

  #write(id: string, events: readonly ThreadEvent[]): number {
    const at = Date.now();
    const row = this.#prepare('SELECT last_seq FROM thread WHERE id = ?').get(id) as
      | { last_seq: number }
      | undefined;
    let seq = row?.last_seq ?? 0;
    if (!row) {
      const first = events[0];
      if (first?.type !== 'thread.started') throw new ThreadNotFoundError(id);
      this.#start(id, first, at);
    }
    let activity = this.#activityAt(id, seq);
    const insert = this.#prepare('INSERT INTO event (thread, seq, at, body) VALUES (?, ?, ?, ?)');
    for (const event of events) {
      insert.run(id, ++seq, at, JSON.stringify(event));
      this.#project(id, event);
      activity = withEvent(activity, event);
    }
    // That somebody has looked at it is no work on it.
    const isWork = events.some(({ type }) => type !== 'thread.seen');
    const { value } = this.#prepare(
      "UPDATE counter SET value = value + 1 WHERE name = 'revision' RETURNING value",
    ).get() as { value: number };
    this.#prepare(
      'UPDATE thread SET last_seq = ?, updated_at = MAX(updated_at, ?), revision = ?, activity = ? WHERE id = ?',
    ).run(seq, isWork ? at : 0, value, JSON.stringify(activity), id);
    this.#activities.delete(id);
    this.#activities.set(id, { seq, activity });
    const [oldest] = this.#activities.keys();
    if (this.#activities.size > MAX_ACTIVITIES) this.#activities.delete(oldest!);
    return seq;
  }

  /** What the events up to a number have made of a thread. */
  #activityAt(id: string, seq: number): Activity {
    if (seq === 0) return noActivity();
    const kept = this.#activities.get(id);
    if (kept?.seq === seq) return kept.activity;
    const row = this.#prepare('SELECT activity FROM thread WHERE id = ?').get(id) as Pick<
      ThreadRow,
      'activity'
    >;
    return this.#activityIn(id, row);
  }

  #activityIn(id: string, { activity }: Pick<ThreadRow, 'activity'>): Activity {
    if (activity !== null) return JSON.parse(activity) as Activity;
    // Written before there were activities.
    return this.#events(id, 1).reduce<Activity>(withEvent, noActivity());
  }

  #start(id: string, event: ThreadStarted, at: number): void {
    this.#prepare(
      `INSERT INTO thread (id, kind, title, agent, model, repository, parent, status, host, pid, started_at, updated_at, last_seq)
       VALUES (?, ?, ?, ?, ?, ?, ?, 'running', ?, ?, ?, ?, 0)`,
    ).run(
      id,
      event.kind,
      event.title,
      event.agent ?? null,
      event.model ?? null,
      event.repository ?? null,
      event.parent ?? null,
      event.host,
      event.pid,
      at,
      at,
    );
  }

  #project(id: string, event: ThreadEvent): void {
    if (event.type === 'thread.ended') {
      this.#prepare('UPDATE thread SET status = ? WHERE id = ?').run(event.status, id);
    } else if (event.type === 'rollout.scored') {
      this.#prepare('UPDATE thread SET scored = 1, reward = ? WHERE id = ?').run(event.reward, id);
    } else if (event.type === 'thread.resumed') {
      this.#prepare("UPDATE thread SET status = 'running', host = ?, pid = ? WHERE id = ?").run(
        event.host,
        event.pid,
        id,
      );
    }
  }

  async read(id: string, fromSeq = 1, toSeq = Number.MAX_SAFE_INTEGER): Promise<StoredEvent[]> {
    await this.get(id);
    return this.#events(id, fromSeq, toSeq);
  }

  #events(id: string, fromSeq: number, toSeq = Number.MAX_SAFE_INTEGER): StoredEvent[] {
    const rows = this.#prepare(
      'SELECT seq, at, body FROM event WHERE thread = ? AND seq BETWEEN ? AND ? ORDER BY seq',
    ).all(id, fromSeq, toSeq) as unknown as { seq: number; at: number; body: string }[];
    return rows.map(({ seq, at, body }) => ({ ...(JSON.parse(body) as ThreadEvent), seq, at }));
  }

  async get(id: string): Promise<ThreadSummary> {
    const row = this.#prepare('SELECT * FROM thread WHERE id = ?').get(id) as ThreadRow | undefined;
    if (!row) throw new ThreadNotFoundError(id);
    return summary(row);
  }

  /**
   * The whole id of a thread named by the beginning or the end of it.
   *
   * @throws ThreadNotFoundError @throws AmbiguousThreadError
   */
  async resolve(part: string): Promise<string> {
    if (!/^[0-9a-z]+$/.test(part)) throw new ThreadNotFoundError(part);
    const rows = this.#prepare(
      "SELECT id FROM thread WHERE id = ?1 OR id LIKE ?1 || '%' OR id LIKE '%' || ?1 LIMIT 6",
    ).all(part) as unknown as { id: string }[];
    const ids = rows.map((row) => row.id);
    if (ids.length === 0) throw new ThreadNotFoundError(part);
    if (ids.length > 1 && !ids.includes(part)) throw new AmbiguousThreadError(part, ids);
    return ids.includes(part) ? part : ids[0]!;
  }

  async list(query: ThreadQuery = {}): Promise<ThreadSummary[]> {
    return this.#rows(query).map(summary);
  }

  async board(query: ThreadQuery = {}): Promise<BoardThread[]> {
    return this.#rows(query).map((row) => this.#boardThread(row));
  }

  async changes(afterRevision: number): Promise<BoardThread[]> {
    const rows = this.#prepare('SELECT * FROM thread WHERE revision > ? ORDER BY revision').all(
      afterRevision,
    ) as unknown as ThreadRow[];
    return rows.map((row) => this.#boardThread(row));
  }

  async revision(): Promise<number> {
    const row = this.#prepare("SELECT value FROM counter WHERE name = 'revision'").get();
    return (row as { value: number }).value;
  }

  async change(afterRevision: number, signal?: AbortSignal): Promise<void> {
    while (!signal?.aborted && !this.#closed && (await this.revision()) <= afterRevision)
      await this.#somethingMayHaveHappened(ANY, signal);
  }

  #boardThread(row: ThreadRow): BoardThread {
    return { ...summary(row), activity: this.#activityIn(row.id, row), revision: row.revision };
  }

  #rows(query: ThreadQuery): ThreadRow[] {
    const where: string[] = [];
    const values: (string | number)[] = [];
    for (const key of ['kind', 'parent', 'status'] as const) {
      const value = query[key];
      if (value === undefined) continue;
      where.push(`${key} = ?`);
      values.push(value);
    }
    const filter = where.length > 0 ? `WHERE ${where.join(' AND ')}` : '';
    const rows = this.#prepare(
      `SELECT * FROM thread ${filter} ORDER BY started_at DESC, id DESC LIMIT ?`,
    ).all(...values, query.limit ?? -1) as unknown as ThreadRow[];
    return rows;
  }

  async *subscribe(id: string, fromSeq = 1, signal?: AbortSignal): AsyncIterable<StoredEvent> {
    await this.get(id);
    let next = fromSeq;
    while (!signal?.aborted && !this.#closed) {
      const events = this.#events(id, next);
      for (const event of events) {
        yield event;
        next = event.seq + 1;
      }
      if (events.length === 0) await this.#somethingMayHaveHappened(id, signal);
    }
  }

  /** Resolves when this process wrote to the thread, when it is time to look again, or when the consumer leaves. */
  #somethingMayHaveHappened(id: string, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wake.off(id, done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, POLL_MS);
      this.#wake.once(id, done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#db.close();
  }
}

function summary(row: ThreadRow): ThreadSummary {
  return {
    id: row.id,
    kind: row.kind,
    title: row.title,
    ...(row.agent !== null && { agent: row.agent }),
    ...(row.model !== null && { model: row.model }),
    ...(row.repository !== null && { repository: row.repository }),
    ...(row.parent !== null && { parent: row.parent }),
    status: row.status,
    ...(row.scored === 1 && { reward: row.reward }),
    host: row.host,
    pid: row.pid,
    startedAt: row.started_at,
    updatedAt: row.updated_at,
    lastSeq: row.last_seq,
  };
}
