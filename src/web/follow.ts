import { key } from './api.ts';
import { type Have, SharedStream, type Told } from './stream.ts';
import type { Said } from './stream-worker.ts';

/**
 * Follows the server from what this tab has, in one stream with its other tabs where the browser can share a worker.
 *
 * @returns says anew what the tab has
 */
export function follow(onTold: (told: Told) => void): (have: Have) => void {
  let alone: SharedStream<null> | undefined;
  const own = () => {
    alone ??= new SharedStream<null>((_, told) => onTold(told));
    return alone;
  };
  if (!('SharedWorker' in window)) return (have) => own().follow(null, have, key);
  const worker = new SharedWorker(new URL('./stream-worker.ts', import.meta.url), {
    type: 'module',
    name: 'kino',
  });
  const { port } = worker;
  // Its script may be of a server that is no more.
  worker.onerror = () => {
    if (last) own().follow(null, last, key);
  };
  const say = (said: Said) => port.postMessage(said);
  port.onmessage = ({ data }: MessageEvent<Told>) => onTold(data);
  let last: Have | undefined;
  window.addEventListener('pagehide', () => say({ bye: true }));
  // Out of the browser's cache of pages it comes back with what it had then.
  window.addEventListener('pageshow', ({ persisted }) => {
    if (persisted && last) say({ have: last, key });
  });
  return (have) => {
    last = have;
    if (alone) alone.follow(null, have, key);
    else say({ have, key });
  };
}
