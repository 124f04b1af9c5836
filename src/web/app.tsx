import { type ReactNode, useEffect } from 'react';
import { ArtifactsPage } from './pages/artifacts.tsx';
import { Board } from './pages/board.tsx';
import { ChangesPage } from './pages/changes.tsx';
import { ComparePage } from './pages/compare.tsx';
import { FlowPage } from './pages/flow.tsx';
import { Inbox } from './pages/inbox.tsx';
import { NewWork } from './pages/new.tsx';
import { TeamPage } from './pages/team.tsx';
import { ThreadPage } from './pages/thread.tsx';
import { isSettled, watchKeys } from './parts/key-targets.ts';
import { Link } from './parts/link.tsx';
import { needsYou } from './parts/needs.ts';
import { go, useRoute } from './route.ts';
import { useStore } from './state.ts';

/** Keys that go to a page, unless something is being typed. */
const KEYS: Record<string, string> = { b: '/', i: '/inbox', n: '/new', t: '/team' };

export function App(): ReactNode {
  const route = useRoute();
  const threads = useStore((state) => state.threads);
  const connection = useStore((state) => state.connection);
  const waiting = [...threads.values()].filter(needsYou).length;
  useEffect(() => {
    document.title = waiting > 0 ? `(${waiting}) Kino` : 'Kino';
  }, [waiting]);
  // A flow has a page of its own, by whatever address one comes.
  const isFlow = 'id' in route && threads.get(route.id)?.kind === 'flow';
  useEffect(watchKeys, []);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { target, key, metaKey, ctrlKey, altKey, repeat } = event;
      const isTyping =
        target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]');
      // Who holds a key decides nothing with it.
      if (isTyping || metaKey || ctrlKey || altKey || repeat) return;
      // What has waited longest is answered by one key.
      const button = document.querySelector<HTMLButtonElement>(
        `button[data-key="${CSS.escape(key)}"]:enabled`,
      );
      if (!button && KEYS[key] === undefined) return;
      event.preventDefault();
      if (!button) go(KEYS[key]!);
      // What has only just come to be meant nobody has read.
      else if (isSettled(key, button)) button.click();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);
  return (
    <div className="frame mx-auto flex min-h-dvh max-w-6xl flex-col px-4">
      <header className="flex flex-wrap items-center gap-x-1 gap-y-2 py-3">
        <a href="#main" className="sr-only focus:not-sr-only">
          Skip to what is shown
        </a>
        <Link to="/" className="mr-3 text-lg font-bold tracking-tight">
          kino
        </Link>
        <nav aria-label="Pages" className="flex flex-wrap items-center gap-1">
          <Tab to="/" here={route.page === 'board'} hint="b">
            Board
          </Tab>
          <Tab to="/inbox" here={route.page === 'inbox'} hint="i">
            Inbox
            {waiting > 0 && (
              <span className="rounded-full bg-needs px-1.5 text-xs font-semibold text-panel">{waiting}</span>
            )}
          </Tab>
          <Tab to="/team" here={route.page === 'team'} hint="t">
            Team
          </Tab>
        </nav>
        <span role="status" className="order-last basis-full text-sm text-bad empty:hidden">
          {connection === 'lost' && 'The server does not answer; trying again …'}
          {connection === 'refused' &&
            'Open the address that `kino serve` has printed: this page is of another one.'}
        </span>
        <Link to="/new" className="button button-main ml-auto" title="n">
          New<span className="max-sm:sr-only"> work</span>
        </Link>
      </header>
      <main id="main" tabIndex={-1} className="flex min-w-0 flex-1 flex-col pb-8 outline-none">
        {route.page === 'board' && <Board />}
        {route.page === 'nowhere' && (
          <div className="flex flex-col items-start gap-2">
            <h1 className="text-xl font-semibold">There is no such page</h1>
            <Link to="/" className="button">
              To the board
            </Link>
          </div>
        )}
        {route.page === 'inbox' && <Inbox />}
        {route.page === 'new' && <NewWork />}
        {route.page === 'team' && <TeamPage />}
        {route.page === 'thread' && !isFlow && <ThreadPage key={route.id} id={route.id} />}
        {route.page === 'changes' && <ChangesPage key={route.id} id={route.id} />}
        {route.page === 'artifacts' && !isFlow && <ArtifactsPage key={route.id} id={route.id} />}
        {route.page === 'compare' && <ComparePage key={`${route.a}/${route.b}`} a={route.a} b={route.b} />}
        {'id' in route && route.page !== 'flow' && route.page !== 'changes' && isFlow && (
          <FlowPage key={route.id} id={route.id} />
        )}
        {route.page === 'flow' && <FlowPage key={route.id} id={route.id} />}
      </main>
    </div>
  );
}

function Tab({
  to,
  here,
  hint,
  children,
}: {
  to: string;
  here: boolean;
  hint: string;
  children: ReactNode;
}): ReactNode {
  return (
    <Link
      to={to}
      title={hint}
      {...(here && { 'aria-current': 'page' })}
      className={`flex min-h-8 items-center gap-1.5 rounded-md px-2.5 text-sm font-medium ${here ? 'bg-raised' : 'text-quiet hover:bg-raised'}`}
    >
      {children}
    </Link>
  );
}
