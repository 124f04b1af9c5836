import { openSnapshots } from '../agent/index.ts';
import type { Snapshots } from '../git/index.ts';
import type { StoredEvent, ThreadStore } from '../thread/index.ts';
import { UsageError } from './exit.ts';
import { openStore } from './store.ts';
import { latestThreadIn } from './thread-here.ts';
import { isWorkedOn } from './thread-status.ts';

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
    const summary =
      part === undefined ? await latestThreadIn(store, '.') : await store.get(await store.resolve(part));
    const { id } = summary;
    if (isWorkedOn(summary))
      throw new UsageError(`${id} is being worked on (process ${summary.pid}); stop it first.`);
    const events = await store.read(id);
    const started = events.find((event) => event.type === 'thread.started');
    return {
      ...{ store, id, events },
      async snapshots() {
        if (started?.workspace === undefined) throw new UsageError(`${id} has no workspace.`);
        return openSnapshots(started.workspace, id);
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
