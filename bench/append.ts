import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SqliteThreadStore, type ThreadEvent } from '../src/thread/index.ts';
import { report, withFolder } from './support/measure.ts';

const event = (number: number): ThreadEvent => ({
  type: 'tool.ended',
  step: number,
  callId: `call_${number}`,
  tool: 'bash',
  ok: true,
  output: 'x'.repeat(200),
  durationMs: 3,
});

/** Appending and opening, against the bare inserts of node:sqlite as the floor. */
export async function bench(): Promise<void> {
  await withFolder(async (folder) => {
    const store = new SqliteThreadStore(join(folder, 'kino.db'));
    const start = {
      type: 'thread.started',
      kind: 'session',
      title: 't',
      kino: '0',
      host: 'h',
      pid: 1,
    } as const;
    await store.append('batched', [start]);
    await store.append('single', [start]);

    let began = performance.now();
    for (let batch = 0; batch < 500; batch++) {
      await store.append(
        'batched',
        Array.from({ length: 100 }, (_, i) => event(batch * 100 + i)),
      );
    }
    const batched = 50_000 / ((performance.now() - began) / 1000);
    began = performance.now();
    for (let i = 0; i < 5_000; i++) await store.append('single', [event(i)]);
    const single = 5_000 / ((performance.now() - began) / 1000);
    store.close();

    const powered = new SqliteThreadStore(join(folder, 'kino.db'), { durability: 'power' });
    await powered.append('powered', [start]);
    began = performance.now();
    for (let i = 0; i < 500; i++) await powered.append('powered', [event(i)]);
    const synced = 500 / ((performance.now() - began) / 1000);
    powered.close();

    const floor = bareInserts(join(folder, 'bare.db'));
    report('append in batches of 100', batched, 'events/s', 50_000, 'more');
    report('append one by one, durable against kill', single, 'events/s', 2_000, 'more');
    console.log(
      `       one by one, durable against loss of power: ${Math.round(synced).toLocaleString('en')} events/s`,
    );
    console.log(
      `       bare inserts in transactions of 100: ${Math.round(floor).toLocaleString('en')}/s; append takes ${(floor / batched).toFixed(2)} times as long`,
    );

    const again = new SqliteThreadStore(join(folder, 'kino.db'));
    await again.append('long', [start, ...Array.from({ length: 9_999 }, (_, i) => event(i))]);
    again.close();
    began = performance.now();
    const opened = new SqliteThreadStore(join(folder, 'kino.db'));
    const { length } = await opened.read('long');
    report(`open the store and read a thread of ${length} events`, performance.now() - began, 'ms', 100);
    opened.close();
  });
}

function bareInserts(path: string): number {
  const db = new DatabaseSync(path);
  db.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE e (thread TEXT, seq INTEGER, at INTEGER, body TEXT, PRIMARY KEY (thread, seq)) WITHOUT ROWID',
  );
  const insert = db.prepare('INSERT INTO e VALUES (?, ?, ?, ?)');
  const began = performance.now();
  for (let batch = 0; batch < 500; batch++) {
    db.exec('BEGIN');
    for (let i = 0; i < 100; i++) insert.run('t', batch * 100 + i, 0, JSON.stringify(event(i)));
    db.exec('COMMIT');
  }
  const rate = 50_000 / ((performance.now() - began) / 1000);
  db.close();
  return rate;
}
