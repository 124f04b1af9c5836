import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { ShownThread } from '../../server/index.ts';
import type { StoredEvent } from '../../thread/index.ts';
import { api, read } from '../api.ts';
import { PermissionForm, QuestionForm, useSend } from '../parts/answer.tsx';
import { useDraft } from '../parts/draft.ts';
import { EventItem } from '../parts/event.tsx';
import { Facts } from '../parts/facts.tsx';
import { FindField } from '../parts/find.tsx';
import { type Item, type Items, itemsOf } from '../parts/items.ts';
import { Link } from '../parts/link.tsx';
import { askedNow } from '../parts/needs.ts';
import { PreviewPanel } from '../parts/preview.tsx';
import { Problem } from '../parts/problem.tsx';
import { PromptField } from '../parts/prompt-field.tsx';
import { ThreadActions } from '../parts/thread-actions.tsx';
import { Status } from '../parts/thread-line.tsx';
import { followThread, leaveThread, loadEarlier, useStore } from '../state.ts';

export function ThreadPage({ id }: { id: string }): ReactNode {
  const thread = useStore((state) => state.threads.get(id));
  const known = useStore((state) => state.events.get(id));
  const [error, setError] = useState('');
  const [previewed, setPreviewed] = useState(false);
  const [finding, setFinding] = useState(false);
  useEffect(() => {
    followThread(id).catch((reason: Error) => setError(reason.message));
    return () => leaveThread(id);
  }, [id]);
  const items = useItems(known?.events ?? NONE, id);
  const isUnseen = thread?.activity.isUnseen === true;
  useEffect(() => {
    // A tab in the background is not looked at.
    if (isUnseen && !document.hidden)
      void read(api.threads[':id'].seen.$post({ param: { id } })).catch(() => {});
  }, [id, isUnseen]);
  if (error) return <Problem text={error} />;
  if (!thread || !known) return <p className="text-quiet">…</p>;
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-3">
      <Head
        thread={thread}
        previewed={previewed}
        onPreview={() => setPreviewed(!previewed)}
        onFind={() => setFinding(true)}
      />
      <div className={previewed ? 'grid gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]' : 'contents'}>
        <div className={previewed ? 'flex min-w-0 flex-col gap-3' : 'contents'}>
          <Asked thread={thread} events={known.events} />
          <Transcript
            id={id}
            items={items}
            hasEarlier={known.first > 1}
            isFinding={finding}
            onFound={() => setFinding(false)}
          />
          <Composer thread={thread} />
        </div>
        {previewed && <PreviewPanel thread={thread} />}
      </div>
    </div>
  );
}

const NONE: readonly StoredEvent[] = [];

/** What a thread's events say; what was made of those before is kept. */
function useItems(events: readonly StoredEvent[], id: string): readonly Item[] {
  const before = useRef<Items>(undefined);
  const made = useMemo(() => itemsOf(events, id, before.current), [events, id]);
  useEffect(() => {
    before.current = made;
  }, [made]);
  return made.items;
}

function Head({
  thread,
  previewed,
  onPreview,
  onFind,
}: {
  thread: ShownThread;
  previewed: boolean;
  onPreview(): void;
  onFind(): void;
}): ReactNode {
  const { activity } = thread;
  const { send, busy, error } = useSend();
  const mayStop = useStore(
    ({ threads }) => thread.parent === undefined || threads.get(thread.parent)?.kind === 'flow',
  );
  return (
    <div className="flex flex-col gap-1">
      <div className="flex flex-wrap items-baseline justify-between gap-3">
        <h1 className="min-w-0 text-xl font-semibold">{thread.title}</h1>
        <span className="flex items-center gap-3">
          <span role="status">
            <Status thread={thread} />
          </span>
          <button type="button" className="button" data-key="/" onClick={onFind}>
            Find <kbd>/</kbd>
          </button>
          {activity.workspace && (
            <button type="button" className="button" aria-pressed={previewed} onClick={onPreview}>
              Preview
            </button>
          )}
          {thread.status === 'running' && mayStop && (
            <button
              type="button"
              className="button"
              disabled={busy}
              onClick={() =>
                void send(() => read(api.threads[':id'].stop.$post({ param: { id: thread.id } })))
              }
            >
              Stop
            </button>
          )}
        </span>
      </div>
      <p className="flex flex-wrap gap-x-3 text-sm text-quiet">
        <span>{thread.model ?? thread.agent}</span>
        {activity.mode && <span>{activity.mode}</span>}
        {activity.sandbox && <span>{activity.sandbox}</span>}
        <Facts thread={thread} />
        {activity.workspace && <span className="font-mono">{activity.workspace}</span>}
        {activity.workspace && (
          <Link to={`/changes/${thread.id}`} className="text-accent underline">
            What it changed
          </Link>
        )}
        {activity.artifacts !== undefined && (
          <Link to={`/artifacts/${thread.id}`} className="text-accent underline">
            {activity.artifacts} {activity.artifacts === 1 ? 'artifact' : 'artifacts'}
          </Link>
        )}
      </p>
      <Problem text={error} />
      <ThreadActions thread={thread} />
    </div>
  );
}

/** Within so many pixels of the end a reader is taken to follow it. */
const NEAR = 80;

/** What was said and done, the latest at the bottom; only what is seen is in the page. */
function Transcript({
  id,
  items,
  hasEarlier,
  isFinding,
  onFound,
}: {
  id: string;
  items: readonly Item[];
  hasEarlier: boolean;
  isFinding: boolean;
  onFound(): void;
}): ReactNode {
  const frame = useRef<HTMLElement>(null);
  const follows = useRef(true);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => frame.current,
    estimateSize: () => 40,
    getItemKey: (at) => items[at]!.seq,
    overscan: 8,
  });
  useLayoutEffect(() => {
    if (follows.current && items.length > 0) rows.scrollToIndex(items.length - 1, { align: 'end' });
  }, [items, rows]);
  const textAt = useCallback((at: number) => wordsOf(items[at]!), [items]);
  const [found, setFound] = useState<number>();
  return (
    <>
      {isFinding && (
        <FindField
          label="Find in this thread"
          count={items.length}
          textOf={textAt}
          onGo={(at) => {
            follows.current = false;
            setFound(items[at]!.seq);
            rows.scrollToIndex(at, { align: 'center' });
          }}
          onMore={hasEarlier ? () => void loadEarlier(id) : undefined}
          onClose={onFound}
        />
      )}
      <section
        ref={frame}
        aria-label="What was said and done"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        tabIndex={0}
        className="card h-[calc(100dvh-21rem)] min-h-60 overflow-y-auto p-3"
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          follows.current = scrollHeight - scrollTop - clientHeight < NEAR;
        }}
      >
        {hasEarlier && (
          <button type="button" className="button mb-2" onClick={() => void loadEarlier(id)}>
            Earlier
          </button>
        )}
        <ol
          className="relative w-full"
          ref={(node) => node?.style.setProperty('height', `${rows.getTotalSize()}px`)}
        >
          {rows.getVirtualItems().map((row) => (
            <li
              key={row.key}
              data-index={row.index}
              aria-posinset={row.index + 1}
              aria-setsize={items.length}
              className={`absolute top-0 left-0 w-full ${items[row.index]!.kind === 'tool' ? 'pb-1' : 'pb-3'} ${isFinding && row.key === found ? 'rounded bg-accent/15' : ''}`}
              ref={(node) => {
                node?.style.setProperty('transform', `translateY(${row.start}px)`);
                rows.measureElement(node);
              }}
            >
              <EventItem item={items[row.index]!} />
            </li>
          ))}
        </ol>
      </section>
    </>
  );
}

/** All that is said of something in a thread, also what is folded. */
function wordsOf(item: Item): string {
  switch (item.kind) {
    case 'person':
    case 'note':
      return item.text;
    case 'agent':
      return `${item.reasoning ?? ''}\n${item.text}`;
    case 'tool':
      return `${item.tool} ${JSON.stringify(item.input)}\n${item.output ?? ''}`;
  }
}

function Asked({ thread, events }: { thread: ShownThread; events: readonly StoredEvent[] }): ReactNode {
  return askedNow(thread, events).map((event) =>
    event.type === 'permission.requested' ? (
      <PermissionForm thread={thread.id} key={event.seq} event={event} />
    ) : (
      <QuestionForm thread={thread.id} key={event.seq} event={event} />
    ),
  );
}

function PartOf({ above, works }: { above: ShownThread; works: boolean }): ReactNode {
  const isPhase = above.kind === 'flow';
  return (
    <p className="text-sm text-quiet">
      {isPhase ? 'A phase of ' : works ? 'It works for ' : 'It worked for '}
      <Link to={`/${isPhase ? 'flow' : 'thread'}/${above.id}`} className="text-accent underline">
        {above.title}
      </Link>
      {isPhase ? ': it is decided on there.' : ': that is who can be spoken to.'}
    </p>
  );
}

/** Says something to the agent: at its next step, when it is done, or to go on. */
function Composer({ thread }: { thread: ShownThread }): ReactNode {
  const [text, setText] = useDraft(`thread ${thread.id}`);
  const { send, busy, error } = useSend();
  const above = useStore((state) =>
    thread.parent === undefined ? undefined : state.threads.get(thread.parent),
  );
  const works = thread.status === 'running';
  if (thread.kind !== 'session') return null;
  // A phase is told while it works; what comes after is its flow's. A sub-agent hears its own agent alone.
  if (above && !(works && above.kind === 'flow')) return <PartOf above={above} works={works} />;
  const say = async (delivery: 'steer' | 'queue' | 'prompt') => {
    if (text.trim() === '') return;
    const json = { text: text.trim(), delivery };
    if (await send(() => read(api.threads[':id'].messages.$post({ param: { id: thread.id }, json }))))
      setText('');
  };
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        void say(works ? 'steer' : 'prompt');
      }}
    >
      <PromptField
        className="min-h-16"
        aria-label={works ? 'Tell the agent' : 'What next'}
        placeholder={works ? 'Tell the agent; Enter steers it at its next step' : 'What next? Enter sends'}
        value={text}
        onText={setText}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          void say(works ? 'steer' : 'prompt');
        }}
      />
      <div className="flex flex-wrap items-center gap-2">
        <button type="submit" className="button button-main" disabled={busy || text.trim() === ''}>
          {works ? 'Steer' : 'Send'}
        </button>
        {works && (
          <button
            type="button"
            className="button"
            disabled={busy || text.trim() === ''}
            onClick={() => void say('queue')}
          >
            Queue
          </button>
        )}
        {/^(?:lost|interrupted|exhausted|failed)$/.test(thread.status) && thread.agent === 'kino' && (
          <button
            type="button"
            className="button"
            disabled={busy}
            onClick={() =>
              void send(() => read(api.threads[':id'].resume.$post({ param: { id: thread.id } })))
            }
          >
            Go on where it was
          </button>
        )}
        <Problem text={error} />
      </div>
    </form>
  );
}
