import { useVirtualizer } from '@tanstack/react-virtual';
import type { InferResponseType } from 'hono/client';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { api, read } from '../api.ts';
import { Link } from '../app.tsx';
import { useSend } from '../parts/answer.tsx';
import { useStore } from '../state.ts';

type Change = Exclude<InferResponseType<(typeof api.threads)[':id']['changes']['$get']>, { error: string }>;
type Stop = Change['tour']['stops'][number];
type Line = Change['files'][number]['hunks'][number]['lines'][number];

/** A row of the diff, all of one height but those of files. */
type Row =
  | { kind: 'file'; stop: Stop; number: string; folded: boolean }
  | { kind: 'question'; text: string }
  | { kind: 'hunk'; text: string }
  | { kind: 'line'; path: string; line: Line };

/** A comment that waits to be sent with the others. */
interface Draft {
  path: string;
  line: number;
  side: 'old' | 'new';
  quote: string;
  text: string;
}

export function ChangesPage({ id }: { id: string }): ReactNode {
  const [change, setChange] = useState<Change>();
  const [error, setError] = useState('');
  useEffect(() => {
    let current = true;
    read(api.threads[':id'].changes.$get({ param: { id } })).then(
      (found) => current && setChange(found),
      (reason: Error) => current && setError(reason.message),
    );
    return () => {
      current = false;
    };
  }, [id]);
  if (error)
    return (
      <p role="alert" className="text-bad">
        {error}
      </p>
    );
  if (!change) return <p className="text-quiet">…</p>;
  return <Changes id={id} change={change} />;
}

function Changes({ id, change }: { id: string; change: Change }): ReactNode {
  const title = useStore((state) => state.threads.get(id)?.title);
  const [closed, setClosed] = useState<ReadonlySet<string>>(
    () => new Set(change.tour.folded.map(({ path }) => path)),
  );
  const [drafts, setDrafts] = useState<readonly Draft[]>([]);
  const [target, setTarget] = useState<Omit<Draft, 'text'>>();
  const rows = useMemo(() => rowsOf(change, closed), [change, closed]);
  const toggle = (path: string) => {
    const next = new Set(closed);
    if (!next.delete(path)) next.add(path);
    setClosed(next);
  };
  const count = (of: 'added' | 'removed') => change.files.reduce((sum, file) => sum + file[of], 0);
  const slop = Object.entries(change.slop).filter(([, delta]) => delta !== 0);
  return (
    <div className="flex flex-col gap-3">
      <div>
        <h1 className="text-xl font-semibold">What changed</h1>
        <p className="flex flex-wrap gap-x-3 text-sm text-quiet">
          <Link to={`/thread/${id}`} className="text-accent underline">
            {title ?? 'The thread'}
          </Link>
          <span>{change.files.length} files</span>
          <span className="text-good">+{count('added')}</span>
          <span className="text-bad">−{count('removed')}</span>
          {slop.map(([kind, delta]) => (
            <span key={kind} className={delta > 0 ? 'text-needs' : 'text-good'}>
              {delta > 0 ? '+' : '−'}
              {Math.abs(delta)} {kind}
            </span>
          ))}
        </p>
      </div>
      {change.files.length === 0 ? (
        <p className="text-quiet">Nothing has changed.</p>
      ) : (
        <Diff rows={rows} onToggle={toggle} onComment={setTarget} />
      )}
      {target && (
        <CommentForm
          target={target}
          onCancel={() => setTarget(undefined)}
          onAdd={(text) => {
            setDrafts([...drafts, { ...target, text }]);
            setTarget(undefined);
          }}
        />
      )}
      {drafts.length > 0 && <Drafts id={id} drafts={drafts} onSent={() => setDrafts([])} />}
    </div>
  );
}

function rowsOf({ files, tour }: Change, closed: ReadonlySet<string>): Row[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const rows: Row[] = [];
  const add = (stop: Stop, number: string) => {
    const folded = closed.has(stop.path);
    rows.push({ kind: 'file', stop, number, folded });
    if (folded) return;
    for (const text of stop.questions) rows.push({ kind: 'question', text });
    const file = byPath.get(stop.path)!;
    if (file.binary) rows.push({ kind: 'hunk', text: 'It is no text.' });
    for (const hunk of file.hunks) {
      const at = hunk.lines.find((line) => line.new !== undefined)?.new ?? 0;
      rows.push({ kind: 'hunk', text: `${at > 0 ? `line ${at}` : ''} ${hunk.heading}`.trim() });
      for (const line of hunk.lines) rows.push({ kind: 'line', path: stop.path, line });
    }
  };
  for (const [at, stop] of tour.stops.entries()) add(stop, String(at + 1));
  for (const stop of tour.folded) add(stop, '–');
  return rows;
}

const LINE = 22;
const FILE = 60;

function Diff({
  rows,
  onToggle,
  onComment,
}: {
  rows: readonly Row[];
  onToggle(path: string): void;
  onComment(target: Omit<Draft, 'text'>): void;
}): ReactNode {
  const frame = useRef<HTMLElement>(null);
  const shown = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: (at) => (rows[at]!.kind === 'file' ? FILE : LINE),
    overscan: 12,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: other rows have other heights
  useEffect(() => shown.measure(), [rows, shown]);
  return (
    <section
      ref={frame}
      aria-label="Tour of the change"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      className="card h-[calc(100dvh-12rem)] min-h-72 overflow-auto"
    >
      <div
        className="relative min-w-fit"
        ref={(node) => node?.style.setProperty('height', `${shown.getTotalSize()}px`)}
      >
        {shown.getVirtualItems().map(({ key, index, start, size }) => (
          <div
            key={key}
            className="absolute top-0 left-0 w-full"
            ref={(node) => {
              node?.style.setProperty('transform', `translateY(${start}px)`);
              node?.style.setProperty('height', `${size}px`);
            }}
          >
            <DiffRow row={rows[index]!} onToggle={onToggle} onComment={onComment} />
          </div>
        ))}
      </div>
    </section>
  );
}

function DiffRow({
  row,
  onToggle,
  onComment,
}: {
  row: Row;
  onToggle(path: string): void;
  onComment(target: Omit<Draft, 'text'>): void;
}): ReactNode {
  switch (row.kind) {
    case 'file': {
      const { path, why, added, removed, status } = row.stop;
      return (
        <button
          type="button"
          aria-expanded={!row.folded}
          className="h-full w-full cursor-pointer border-b border-line bg-raised text-left"
          onClick={() => onToggle(path)}
        >
          <span className="sticky left-0 flex w-[calc(100dvw-3rem)] max-w-[69rem] flex-col px-3">
            <span className="flex w-full items-baseline gap-2 text-sm">
              <span className="text-quiet">{row.number}</span>
              <span className="truncate font-mono font-semibold">{path}</span>
              <span className="text-quiet">{status === 'changed' ? '' : status}</span>
              <span className="text-good">+{added}</span>
              <span className="text-bad">−{removed}</span>
            </span>
            <span className="w-full truncate text-sm text-quiet">{why}</span>
          </span>
        </button>
      );
    }
    case 'question':
      return <p className="truncate px-3 text-sm leading-[22px] text-needs">? {row.text}</p>;
    case 'hunk':
      return (
        <p className="truncate bg-raised px-3 font-mono text-xs leading-[22px] text-quiet">{row.text}</p>
      );
    case 'line':
      return <LineRow path={row.path} line={row.line} onComment={onComment} />;
  }
}

function LineRow({
  path,
  line,
  onComment,
}: {
  path: string;
  line: Line;
  onComment(target: Omit<Draft, 'text'>): void;
}): ReactNode {
  const side = line.kind === 'removed' ? 'old' : 'new';
  const number = (side === 'old' ? line.old : line.new) ?? 0;
  const colour = { added: 'bg-good/12', removed: 'bg-bad/12', context: '' }[line.kind];
  const sign = { added: '+', removed: '−', context: ' ' }[line.kind];
  return (
    <div className={`flex h-full font-mono text-xs leading-[22px] whitespace-pre ${colour}`}>
      <button
        type="button"
        className="w-14 shrink-0 cursor-pointer pr-2 text-right text-quiet hover:bg-raised hover:text-accent"
        aria-label={`Comment on line ${number} of ${path}`}
        onClick={() => onComment({ path, line: number, side, quote: line.text })}
      >
        {number}
      </button>
      <span aria-hidden="true" className="w-4 shrink-0">
        {sign}
      </span>
      {line.kind !== 'context' && <span className="sr-only">{line.kind}: </span>}
      <span>{line.text}</span>
    </div>
  );
}

function CommentForm({
  target,
  onAdd,
  onCancel,
}: {
  target: Omit<Draft, 'text'>;
  onAdd(text: string): void;
  onCancel(): void;
}): ReactNode {
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another line is another comment
  useEffect(() => field.current?.focus(), [target]);
  return (
    <form
      className="card flex flex-col gap-2 border-accent p-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== '') onAdd(text.trim());
      }}
      onKeyDown={({ key }) => key === 'Escape' && onCancel()}
    >
      <p className="truncate font-mono text-xs text-quiet">
        {target.path}:{target.line} {target.quote}
      </p>
      <textarea
        ref={field}
        className="field"
        aria-label="Comment"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div className="flex gap-2">
        <button type="submit" className="button" disabled={text.trim() === ''}>
          Add to the comments
        </button>
        <button type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}

/** Comments on a change, sent all at once to whoever made it. */
function Drafts({ id, drafts, onSent }: { id: string; drafts: readonly Draft[]; onSent(): void }): ReactNode {
  const works = useStore((state) => state.threads.get(id)?.status === 'running');
  const { send, busy, error } = useSend();
  const text = `Comments on your change. Do what each asks, or say why not:\n\n${drafts
    .map(
      ({ path, line, side, quote, text: said }) =>
        `${path}:${line}${side === 'old' ? ' (before)' : ''}\n> ${quote}\n${said}`,
    )
    .join('\n\n')}`;
  const delivery = works ? 'steer' : 'prompt';
  const post = () => read(api.threads[':id'].messages.$post({ param: { id }, json: { text, delivery } }));
  return (
    <section aria-label="Comments" className="card flex flex-col gap-2 p-3">
      <ul className="flex flex-col gap-2 text-sm">
        {drafts.map(({ path, line, text: said }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they are only added
          <li key={at}>
            <span className="font-mono text-xs text-quiet">
              {path}:{line}
            </span>{' '}
            {said}
          </li>
        ))}
      </ul>
      <button
        type="button"
        className="button button-main self-start"
        disabled={busy}
        onClick={async () => (await send(post)) && onSent()}
      >
        Send {drafts.length} {drafts.length === 1 ? 'comment' : 'comments'}{' '}
        {works ? 'while it works' : 'and let it go on'}
      </button>
      {error && (
        <p role="alert" className="text-sm text-bad">
          {error}
        </p>
      )}
    </section>
  );
}
