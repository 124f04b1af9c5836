import type { ThreadStore } from '../thread/index.ts';
import type { Live } from './live/live.ts';

/** What the routes work with. */
export interface Server {
  store: ThreadStore;
  live: Live;
}
