import type { ThreadStore } from '../../thread/index.ts';
import { sessionsIn } from '../thread-here.ts';

const MAX_THREADS = 40;
const MAX_PROMPTS = 500;

/** What the person has said in the sessions of a folder, the latest last, each text once. */
export async function promptHistory(store: ThreadStore, root: string): Promise<string[]> {
  const threads = (await sessionsIn(store, root)).slice(0, MAX_THREADS);
  const prompts = new Set<string>();
  for (const { id } of threads.toReversed()) {
    for (const event of await store.read(id)) {
      if (event.type !== 'user.message' || event.from !== undefined) continue;
      prompts.delete(event.text);
      prompts.add(event.text);
    }
  }
  return [...prompts].slice(-MAX_PROMPTS);
}
