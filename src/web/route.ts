import { useSyncExternalStore } from 'react';

/** What the address says is shown. */
export type Route =
  | { page: 'board' }
  | { page: 'inbox' }
  | { page: 'new' }
  | { page: 'thread'; id: string }
  | { page: 'flow'; id: string }
  | { page: 'changes'; id: string };

const listeners = new Set<() => void>();
const tell = () => {
  for (const listener of listeners) listener();
};
window.addEventListener('popstate', tell);

export function go(path: string): void {
  history.pushState(null, '', path);
  tell();
  document.querySelector('main')?.focus();
}

export function useRoute(): Route {
  const path = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => location.pathname,
  );
  const [, page = '', id = ''] = path.split('/');
  if (page === 'inbox' || page === 'new') return { page };
  if ((page === 'thread' || page === 'flow' || page === 'changes') && id !== '') return { page, id };
  return { page: 'board' };
}
