import { hostname } from 'node:os';
import { join } from 'node:path';
import { kinoHome } from '../config/index.ts';
import { Snapshots } from '../git/index.ts';
import { isAlive, type StoredEvent, type ThreadStore } from '../thread/index.ts';
import { UsageError } from './exit.ts';
import { openStore } from './store.ts';
import { latestThreadIn } from './thread-here.ts';

export interface ThreadHere extends AsyncDisposable {
  store: ThreadStore;
  id: string;
  events: StoredEvent[];
  /** The snapshots of its workspace. */
  snapshots(): Promise<Snapshots>;
}

/**
 * Opens a session that nobody works on, to look at it or to take back what it did.
 *
 * @param part of its id; without it, the newest of the working folder
 * @throws UsageError @throws ThreadNotFoundError
 */
export async function openThreadHere(part?: string): Promise<ThreadHere> {
  const store = openStore();
  try {
    const { id, status, host, pid } =
      part === undefined ? await latestThreadIn(store, '.') : await store.get(await store.resolve(part));
    if (status === 'running' && host === hostname() && isAlive(pid))
      throw new UsageError(`${id} is being worked on (process ${pid}); stop it first.`);
    const events = await store.read(id);
    const started = events.find((event) => event.type === 'thread.started');
    return {
      ...{ store, id, events },
      async snapshots() {
        if (started?.workspace === undefined) throw new UsageError(`${id} has no workspace.`);
        return Snapshots.open(started.workspace, join(kinoHome(), 'checkpoints'), id);
      },
      async [Symbol.asyncDispose]() {
        store.close();
      },
    };
  } catch (error) {
    store.close();
    throw error;
  }
}
