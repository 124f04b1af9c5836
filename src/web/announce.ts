import type { ShownThread } from '../server/index.ts';
import { api, read } from './api.ts';
import { rootOf } from './parts/kin.ts';
import { needsYou } from './parts/needs.ts';
import { go } from './route.ts';
import { play } from './sound.ts';

/** What a note about a thread carries, for when it is clicked. */
interface NoteData {
  path: string;
  /** The permission that it asks for. */
  asked?: { thread: string; request: string };
}

// Of many tabs one tells; when it goes another does.
let tells = !('locks' in navigator);
if (!tells)
  void navigator.locks.request('kino-tells', () => {
    tells = true;
    return new Promise(() => {});
  });

/**
 * Tells the person of what needs them, and of what is done: by a sound, and where they look elsewhere by a note. Of a part
 * of some work it tells that it waits, in the name of the whole.
 */
export function announce(
  before: ShownThread | undefined,
  now: ShownThread,
  threads: ReadonlyMap<string, ShownThread>,
): void {
  if (!tells || (!before && now.parent === undefined)) return;
  const isMore = (count: (thread: ShownThread) => number) => count(now) > (before ? count(before) : 0);
  const waits =
    isMore(({ activity }) => activity.waiting.length) ||
    (needsYou(now) && before !== undefined && !needsYou(before));
  const broke = isMore(({ activity }) => activity.broken?.length ?? 0);
  const ended = now.parent === undefined && before?.status === 'running' && now.status !== 'running';
  if (!waits && !ended && !broke) return;
  play(waits || broke ? 'needs' : 'done');
  if (!('Notification' in window) || Notification.permission !== 'granted') return;
  const root = rootOf(now, threads);
  const asks = now.activity.waiting.at(-1);
  const body = waits
    ? `needs you: ${asks?.what ?? now.activity.reason ?? ''}`
    : broke
      ? `does not pass: ${now.activity.broken!.join(', ')}`
      : now.status;
  const own = `/${root.kind === 'flow' ? 'flow' : 'thread'}/${root.id}`;
  // Nobody allows by a button what the note does not say whole.
  const asked = waits && asks?.kind === 'permission' && asks.request !== undefined && asks.isAll === true;
  const data: NoteData = {
    path: asks || broke ? '/inbox' : own,
    ...(asked && { asked: { thread: now.id, request: asks.request! } }),
  };
  void isSeen().then((seen) => {
    if (!seen) void show(root.title, body, root.id, data);
  });
}

// A tab that is seen says so, to whichever tab tells.
function sayWhetherSeen(): void {
  if (document.hidden || !('locks' in navigator)) return;
  void navigator.locks.request('kino-seen', { mode: 'shared' }, () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const change = () => {
      if (!document.hidden) return;
      document.removeEventListener('visibilitychange', change);
      resolve();
    };
    document.addEventListener('visibilitychange', change);
    change();
    return promise;
  });
}
sayWhetherSeen();
document.addEventListener('visibilitychange', sayWhetherSeen);

/** Whether the person looks at one of the tabs. */
async function isSeen(): Promise<boolean> {
  if (!document.hidden) return true;
  if (!('locks' in navigator)) return false;
  const { held = [] } = await navigator.locks.query();
  return held.some(({ name }) => name === 'kino-seen');
}

/** A note with buttons where a worker can show one, otherwise without; none where the browser refuses. */
async function show(title: string, body: string, tag: string, data: NoteData): Promise<void> {
  const buttons = data.asked
    ? [
        { action: 'allow', title: 'Allow once' },
        { action: 'deny', title: 'Refuse' },
      ]
    : [];
  try {
    const worker = await navigator.serviceWorker?.getRegistration();
    if (worker?.active) {
      // The type of the page's library has no actions.
      const options = { body, tag, data, actions: buttons } as NotificationOptions;
      return await worker.showNotification(title, options);
    }
    new Notification(title, { body, tag }).onclick = () => chosen('', data);
  } catch {
    // The board says it all the same.
  }
}

function chosen(action: string, { path, asked }: NoteData): void {
  if (asked && (action === 'allow' || action === 'deny')) {
    const json = { kind: 'permission', ...asked, outcome: action, scope: 'once' } as const;
    void read(api.answers.$post({ json })).catch(() => go('/inbox'));
    return;
  }
  window.focus();
  go(path);
}

/** Makes ready for notes with buttons, once the person allows notes. */
export function prepareNotes(): void {
  if (!('Notification' in window) || Notification.permission !== 'granted') return;
  navigator.serviceWorker?.register('/notes.js').catch(() => {});
}

prepareNotes();
navigator.serviceWorker?.addEventListener('message', ({ data }: MessageEvent) => {
  if (data?.kino === 'note') chosen(String(data.action), data.data as NoteData);
});
