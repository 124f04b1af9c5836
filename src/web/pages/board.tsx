import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { ShownThread } from '../../server/index.ts';
import { needsYouWithin, partsBelow, partsByParent } from '../parts/kin.ts';
import { Link } from '../parts/link.tsx';
import { Status, ThreadLine } from '../parts/thread-line.tsx';
import { useStore } from '../state.ts';

/** Of experiments the newest are shown; `kino threads list` has all. */
const MAX_EXPERIMENTS = 8;

export function Board(): ReactNode {
  const threads = useStore((state) => state.threads);
  const isRead = useStore((state) => state.isRead);
  const [wanted, setWanted] = useState('');
  const { needs, works, over, clashes, parts, experiments } = useMemo(
    () => sorted([...threads.values()], wanted),
    [threads, wanted],
  );
  if (!isRead) return <p className="text-quiet">…</p>;
  const isEmpty = threads.size === 0;
  return (
    <div className="flex flex-col gap-6">
      <h1 className="sr-only">Board</h1>
      {isEmpty ? (
        <div className="card mx-auto mt-16 flex max-w-md flex-col items-center gap-3 p-8 text-center">
          <p className="text-lg font-semibold">Nothing has been worked on yet.</p>
          <p className="text-quiet">
            Say what you want done, and watch agents do it, here or from a terminal.
          </p>
          <Link to="/new" className="button button-main">
            New work
          </Link>
        </div>
      ) : (
        <input
          type="search"
          className="field"
          aria-label="Search threads"
          placeholder="Search by title, repository, model"
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
        />
      )}
      <Group title="Needs you" threads={needs} clashes={clashes} parts={parts} />
      <Group title="At work" threads={works} clashes={clashes} parts={parts} />
      <Experiments threads={experiments} />
      <Over threads={over} parts={parts} />
    </div>
  );
}

function Group({
  title,
  threads,
  clashes,
  parts,
}: {
  title: string;
  threads: readonly ShownThread[];
  clashes: ReadonlyMap<string, string[]>;
  parts: ReadonlyMap<string, readonly ShownThread[]>;
}): ReactNode {
  if (threads.length === 0) return null;
  return (
    <section aria-label={title} className="flex flex-col gap-2">
      <h2 className="text-sm font-semibold text-quiet">
        {title} <span className="font-normal">{threads.length}</span>
      </h2>
      <ul className="flex flex-col gap-2">
        {threads.map((thread) => (
          <ThreadLine
            key={thread.id}
            thread={thread}
            clash={clashes.get(thread.id) ?? []}
            parts={parts.get(thread.id) ?? []}
          />
        ))}
      </ul>
    </section>
  );
}

/** The newest experiments, each with the report of its scores. */
function Experiments({ threads }: { threads: readonly ShownThread[] }): ReactNode {
  if (threads.length === 0) return null;
  return (
    <section aria-label="Experiments" className="flex flex-col gap-2">
      <h2 className="text-sm font-semibold text-quiet">
        Experiments <span className="font-normal">{threads.length}</span>
      </h2>
      <ul className="flex flex-col gap-1">
        {threads.slice(0, MAX_EXPERIMENTS).map((thread) => (
          <li key={thread.id}>
            <Link
              to={`/artifacts/${thread.id}`}
              className="card flex flex-wrap items-baseline gap-x-3 px-3 py-2 text-sm hover:bg-raised"
            >
              <span className="min-w-0 font-medium">{thread.title}</span>
              <span className="text-quiet">{thread.repository?.split('/').at(-1)}</span>
              <span className="ml-auto">
                <Status thread={thread} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What is over, however much it is: only what is seen is in the page. */
function Over({
  threads,
  parts,
}: {
  threads: readonly ShownThread[];
  parts: ReadonlyMap<string, readonly ShownThread[]>;
}): ReactNode {
  const list = useRef<HTMLUListElement>(null);
  const [above, setAbove] = useState(0);
  // What stands above it grows and shrinks.
  useLayoutEffect(() => setAbove(list.current?.offsetTop ?? 0));
  const rows = useWindowVirtualizer({
    count: threads.length,
    estimateSize: () => 82,
    getItemKey: (at) => threads[at]!.id,
    overscan: 8,
    scrollMargin: above,
  });
  if (threads.length === 0) return null;
  return (
    <section aria-label="Over" className="flex flex-col gap-2">
      <h2 className="text-sm font-semibold text-quiet">
        Over <span className="font-normal">{threads.length}</span>
      </h2>
      <ul
        ref={(node) => {
          list.current = node;
          node?.style.setProperty('height', `${rows.getTotalSize()}px`);
        }}
        className="relative"
      >
        {rows.getVirtualItems().map(({ key, index, start }) => (
          <ThreadLine
            key={key}
            thread={threads[index]!}
            parts={parts.get(threads[index]!.id) ?? []}
            place={{ at: index, of: threads.length }}
            className="absolute top-0 left-0 w-full pb-2"
            ref={(node) => {
              node?.style.setProperty('transform', `translateY(${start - above}px)`);
              rows.measureElement(node);
            }}
          />
        ))}
      </ul>
    </section>
  );
}

/** What a person attends to: no rollouts, no parts of other work. */
function sorted(all: readonly ShownThread[], wanted: string) {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all
    .filter((thread) => {
      const text = [thread.title, thread.repository, thread.model, thread.agent].join(' ').toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => b.updatedAt - a.updatedAt);
  const threads = found.filter(
    ({ kind, parent }) => (kind === 'session' || kind === 'flow') && parent === undefined,
  );
  const byParent = partsByParent(all);
  const parts = new Map(threads.map(({ id }) => [id, partsBelow(id, byParent)]));
  const waits = new Set(threads.filter((thread) => needsYouWithin(thread, parts.get(thread.id)!)));
  const needs = threads.filter((thread) => waits.has(thread));
  const works = threads.filter((thread) => thread.status === 'running' && !waits.has(thread));
  return {
    ...{ needs, works, parts },
    experiments: found.filter(({ kind }) => kind === 'experiment'),
    over: threads.filter((thread) => thread.status !== 'running' && !waits.has(thread)),
    clashes: clashesOf([...needs, ...works], parts),
  };
}

/** Files of one repository that several agents change at the same time, their parts included. */
function clashesOf(
  threads: readonly ShownThread[],
  parts: ReadonlyMap<string, readonly ShownThread[]>,
): Map<string, string[]> {
  const owners = new Map<string, Set<string>>();
  const place = ({ repository = '' }: ShownThread, file: string) => `${repository}\0${file}`;
  const filesOf = (thread: ShownThread) => [
    ...new Set([thread, ...(parts.get(thread.id) ?? [])].flatMap(({ activity }) => activity.files)),
  ];
  for (const thread of threads)
    for (const file of filesOf(thread))
      owners.set(place(thread, file), (owners.get(place(thread, file)) ?? new Set()).add(thread.id));
  return new Map(
    threads.map((thread) => [
      thread.id,
      filesOf(thread).filter((file) => owners.get(place(thread, file))!.size > 1),
    ]),
  );
}
