import { useSyncExternalStore } from 'react';

/** What the address says is shown. */
export type Route =
  | { page: 'board' }
  | { page: 'nowhere' }
  | { page: 'inbox' }
  | { page: 'team' }
  | { page: 'new' }
  | { page: 'thread'; id: string }
  | { page: 'flow'; id: string }
  | { page: 'changes'; id: string }
  | { page: 'artifacts'; id: string }
  | { page: 'compare'; a: string; b: string };

/** Pages about one thread. */
const OF_THREADS = ['thread', 'flow', 'changes', 'artifacts'] as const;

const listeners = new Set<() => void>();
const tell = () => {
  for (const listener of listeners) listener();
};
window.addEventListener('popstate', tell);

export function go(path: string): void {
  history.pushState(null, '', path);
  tell();
  scrollTo(0, 0);
  document.querySelector('main')?.focus({ preventScroll: true });
}

export function useRoute(): Route {
  const path = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => location.pathname,
  );
  const [, page = '', id = '', other = ''] = path.split('/');
  if (page === 'inbox' || page === 'new' || page === 'team') return { page };
  if (OF_THREADS.includes(page as (typeof OF_THREADS)[number]) && id !== '')
    return { page: page as (typeof OF_THREADS)[number], id };
  if (page === 'compare' && id !== '' && other !== '') return { page, a: id, b: other };
  return { page: page === '' || page === 'index.html' ? 'board' : 'nowhere' };
}
