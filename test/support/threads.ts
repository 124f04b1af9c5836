import { join } from 'node:path';
import { SqliteThreadStore, type StoredEvent } from '../../src/thread/index.ts';

/** What a thread of the test's own home folder holds. */
export async function eventsOf(thread: string): Promise<StoredEvent[]> {
  const store = new SqliteThreadStore(join(process.env.KINO_HOME!, 'kino.db'));
  try {
    return await store.read(thread);
  } finally {
    store.close();
  }
}
