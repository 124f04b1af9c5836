import type { ThreadStore } from '../thread/index.ts';
import type { Live } from './live/live.ts';
import type { Previews } from './preview/previews.ts';

/** What the routes work with. */
export interface Server {
  store: ThreadStore;
  live: Live;
  previews: Previews;
}
