/** Appends events to a thread, one by one, and prints each number once it is acknowledged. */
import { SqliteThreadStore, ThreadNotFoundError } from '../../src/thread/index.ts';

const [path = '', thread = '', name = '', count = '0'] = process.argv.slice(2);
const store = new SqliteThreadStore(path);
await store.get(thread).catch((error: unknown) => {
  if (!(error instanceof ThreadNotFoundError)) throw error;
  return store.append(thread, [
    { type: 'thread.started', kind: 'session', title: name, kino: '0', host: 'h', pid: process.pid },
  ]);
});
for (let number = 0; number < Number(count); number++) {
  const seq = await store.append(thread, [{ type: 'warning', message: `${name} ${number}` }]);
  process.stdout.write(`${seq}\n`);
}
