import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { AmbiguousThreadError, DatabaseTooNewError, StoreWriteError, ThreadNotFoundError } from './errors.ts';
import type { ThreadEvent, ThreadStarted } from './event.ts';
import { newId } from './id.ts';
import { SqliteThreadStore } from './sqlite.ts';

const started: ThreadStarted = {
  type: 'thread.started',
  kind: 'session',
  title: 'a title',
  kino: '0',
  host: 'here',
  pid: 1,
};
const say = (message: string): ThreadEvent => ({ type: 'warning', message });

test('events come back as they were written, numbered from 1', async () => {
  const store = new SqliteThreadStore(':memory:');
  const id = newId();
  expect(await store.append(id, [started, say('a')])).toBe(2);
  expect(await store.append(id, [say('b \u0000 “☃”')])).toBe(3);
  const events = await store.read(id, 2);
  expect(events.map(({ seq, type }) => [seq, type])).toEqual([
    [2, 'warning'],
    [3, 'warning'],
  ]);
  expect(events[1]).toMatchObject({ message: 'b \u0000 “☃”' });
});

test('any sequence of batches reads back in order, whole, from any number on', async () => {
  const batches = fc.array(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 5 }), {
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(batches, fc.nat(20), async (given, from) => {
      const store = new SqliteThreadStore(':memory:');
      const id = newId();
      await store.append(id, [started]);
      for (const batch of given) await store.append(id, batch.map(say));
      const all = [started, ...given.flat().map(say)];
      const read = await store.read(id, from + 1);
      expect(read.map(({ seq, at: _, ...event }) => [seq, event])).toEqual(
        all.map((event, index) => [index + 1, event]).slice(from),
      );
      store.close();
    }),
    { numRuns: 50 },
  );
});

test('a thread must be started before anything else is written to it', async () => {
  const store = new SqliteThreadStore(':memory:');
  await expect(store.append('nowhere', [say('x')])).rejects.toThrow(ThreadNotFoundError);
  await expect(store.read('nowhere')).rejects.toThrow(ThreadNotFoundError);
});

test('a batch is written whole or not at all', async () => {
  const store = new SqliteThreadStore(':memory:');
  const id = newId();
  await store.append(id, [started]);
  const circular: Record<string, unknown> = { type: 'warning' };
  circular.message = circular;
  await expect(store.append(id, [say('a'), circular as unknown as ThreadEvent])).rejects.toThrow(
    StoreWriteError,
  );
  expect(await store.read(id)).toHaveLength(1);
  expect(await store.append(id, [say('b')])).toBe(2);
});

test('the list shows what the events say: status, reward, parent', async () => {
  const store = new SqliteThreadStore(':memory:');
  await store.append('p', [{ ...started, kind: 'experiment' }]);
  await store.append('a', [{ ...started, kind: 'rollout', parent: 'p', agent: 'nop' }]);
  const score = { task: 't', attempt: 1, metrics: {}, findings: [] };
  await store.append('a', [
    { type: 'rollout.scored', ...score, reward: null },
    { type: 'thread.ended', status: 'failed', reason: 'r', answer: '', steps: 0, usage: {}, durationMs: 1 },
  ]);
  expect(await store.list({ parent: 'p' })).toMatchObject([
    { id: 'a', status: 'failed', reward: null, lastSeq: 3 },
  ]);
  expect((await store.list({ kind: 'experiment' })).map(({ id }) => id)).toEqual(['p']);
  expect((await store.get('p')).reward).toBeUndefined();
  await store.append('a', [{ type: 'thread.resumed', kino: '0', host: 'there', pid: 7 }]);
  expect(await store.get('a')).toMatchObject({ status: 'running', host: 'there', pid: 7 });
});

test('a subscriber gets the past, then what another connection writes, each once', async () => {
  const path = join(temporaryFolder(), 'kino.db');
  const writer = new SqliteThreadStore(path);
  const reader = new SqliteThreadStore(path);
  await writer.append('t', [started, say('1')]);
  const stop = new AbortController();
  const seen: number[] = [];
  const following = (async () => {
    for await (const event of reader.subscribe('t', 2, stop.signal)) {
      seen.push(event.seq);
      if (event.seq === 12) stop.abort();
    }
  })();
  for (let i = 3; i <= 12; i++) {
    await writer.append('t', [say(String(i))]);
    if (i % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 60));
  }
  await following;
  expect(seen).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});

test('an id is found by its beginning or its end', async () => {
  const store = new SqliteThreadStore(':memory:');
  for (const id of ['aaa111', 'aaa222', 'bbb111']) await store.append(id, [started]);
  expect(await store.resolve('bbb')).toBe('bbb111');
  expect(await store.resolve('222')).toBe('aaa222');
  await expect(store.resolve('aaa')).rejects.toThrow(AmbiguousThreadError);
  await expect(store.resolve('%')).rejects.toThrow(ThreadNotFoundError);
});

test('a database of a newer Kino is refused in one sentence, untouched', () => {
  const path = join(temporaryFolder(), 'kino.db');
  new SqliteThreadStore(path).close();
  const db = new DatabaseSync(path);
  db.exec('PRAGMA user_version = 99');
  db.close();
  expect(() => new SqliteThreadStore(path)).toThrow(DatabaseTooNewError);
  expect(() => new SqliteThreadStore(path)).toThrow(/made by a newer Kino \(schema 99/);
});

test('a file that is no database, and a folder that cannot be made, are refused in one sentence', () => {
  const path = join(temporaryFolder(), 'kino.db');
  writeFileSync(path, 'this is no database, but it is long enough to be taken for one. '.repeat(20));
  expect(() => new SqliteThreadStore(path)).toThrow(StoreWriteError);
  expect(() => new SqliteThreadStore(join(path, 'kino.db'))).toThrow(StoreWriteError);
});

test('ids sort by time and do not repeat', () => {
  const early = newId(1_000);
  const late = newId(2_000_000_000_000);
  expect(early < late).toBe(true);
  expect(new Set(Array.from({ length: 1_000 }, () => newId())).size).toBe(1_000);
});

describe('what a board shows', () => {
  const started = {
    type: 'thread.started',
    kind: 'session',
    title: 't',
    kino: '0',
    host: 'h',
    pid: 1,
  } as const;

  test('what waits, what it costs and what it does is there without reading the events', async () => {
    const store = new SqliteThreadStore(':memory:');
    await store.append('1a', [started, { type: 'model.requested', step: 1, attempt: 1, messages: 1 }]);
    await store.append('2b', [started]);
    const before = await store.revision();
    const asked = {
      type: 'permission.requested',
      step: 1,
      callId: 'c',
      tool: 'bash',
      input: { command: 'rm x\ny' },
    } as const;
    await store.append('1a', [{ ...asked, reason: 'r', suggestions: [] }]);
    const [changed, ...more] = await store.changes(before);
    expect(more).toEqual([]);
    expect(changed).toMatchObject({
      id: '1a',
      activity: { waiting: [{ kind: 'permission', callId: 'c', what: 'bash rm x' }], doing: 'thinks' },
    });
    await store.append('1a', [
      {
        type: 'permission.decided',
        step: 1,
        callId: 'c',
        tool: 'bash',
        outcome: 'allow',
        by: 'person',
        reason: 'r',
      },
      { type: 'tool.started', step: 1, callId: 'c', tool: 'edit', input: { path: 'a.ts' } },
    ]);
    const board = await store.board();
    expect(board.find(({ id }) => id === '1a')!.activity).toMatchObject({
      waiting: [],
      doing: 'edit a.ts',
      files: [],
    });
    // What was refused has changed nothing; what was done has.
    const ended = { type: 'tool.ended', step: 1, tool: 'edit', output: '', durationMs: 1 } as const;
    await store.append('1a', [
      { type: 'tool.started', step: 1, callId: 'd', tool: 'write', input: { path: 'b.ts' } },
      { ...ended, callId: 'd', ok: false },
      { ...ended, callId: 'c', ok: true },
    ]);
    const later = await store.board();
    expect(later.find(({ id }) => id === '1a')!.activity).toMatchObject({ files: ['a.ts'] });
    store.close();
  });

  test('a change is told, of this process and of another', async () => {
    const path = join(temporaryFolder(), 'k.db');
    const [one, other] = [new SqliteThreadStore(path), new SqliteThreadStore(path)];
    for (const writer of [one, other]) {
      let told = false;
      const waiting = one.change(await one.revision()).then(() => {
        told = true;
      });
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(told).toBe(false);
      await writer.append(`${writer === one ? 1 : 2}a`, [started]);
      await waiting;
    }
    one.close();
    other.close();
  });
});
