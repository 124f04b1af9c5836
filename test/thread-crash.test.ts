import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SqliteThreadStore } from '../src/thread/index.ts';
import { temporaryFolder } from './support/temporary.ts';

const WRITER = join(import.meta.dirname, 'support', 'thread-writer.ts');

/** Starts a writer that prints the number of each event once `append` has acknowledged it. */
function startWriter(path: string, thread: string, name: string, count = '1000000') {
  const child = spawn(process.execPath, [WRITER, path, thread, name, count], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const acknowledged = () => output.split('\n').slice(0, -1).map(Number);
  const until = async (events: number) => {
    while (acknowledged().length < events && child.exitCode === null)
      await new Promise((go) => setTimeout(go, 2));
  };
  return { child, ended, acknowledged, until };
}

test('kill -9 loses nothing that was acknowledged, again and again in one database', async () => {
  const path = join(temporaryFolder(), 'kino.db');
  for (let round = 0; round < 12; round++) {
    const thread = `thread${round}`;
    const writer = startWriter(path, thread, 'w');
    await writer.until(5 + round * 7);
    writer.child.kill('SIGKILL');
    await writer.ended;
    const acknowledged = writer.acknowledged();
    const store = new SqliteThreadStore(path);
    const seqs = (await store.read(thread)).map(({ seq }) => seq);
    store.close();
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(seqs.length).toBeGreaterThanOrEqual(acknowledged.at(-1)!);
  }
}, 60_000);

test('many processes write one thread at once: no gap, no repetition, nothing lost', async () => {
  const path = join(temporaryFolder(), 'kino.db');
  const writers = ['a', 'b', 'c', 'd'].map((name) => startWriter(path, 'shared', name, '150'));
  await Promise.all(writers.map(({ ended }) => ended));
  const store = new SqliteThreadStore(path);
  const events = await store.read('shared');
  store.close();
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  const messages = events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  expect(new Set(messages).size).toBe(600);
  for (const [index, writer] of writers.entries()) {
    const own = messages.filter((message) => message.startsWith('abcd'[index]!));
    expect(own).toEqual(own.map((_, number) => `${'abcd'[index]} ${number}`));
    expect(writer.acknowledged()).toHaveLength(150);
  }
}, 60_000);
