import { useVirtualizer } from '@tanstack/react-virtual';
import type { InferResponseType } from 'hono/client';
import { type ReactNode, useEffect, useRef } from 'react';
import type { api } from '../api.ts';
import type { Target } from './line-comments.tsx';

/** What a diff shows of a change: decided on where it can be, otherwise only read. */
export type ShownChange = Pick<Change, 'files' | 'tour'> & { accepted?: readonly string[] };

export type Change = Exclude<
  InferResponseType<(typeof api.threads)[':id']['changes']['$get']>,
  { error: string }
>;
type Stop = Change['tour']['stops'][number];
type File = Change['files'][number];
type Line = File['hunks'][number]['lines'][number];

/** A hunk with the file that it is of. */
export interface ShownHunk {
  file: File;
  id: string;
  /** Where it begins, and what is around it. */
  place: string;
  accepted: boolean;
}

/** A row of the diff; those of a kind have one height. */
export type Row =
  | { kind: 'file'; stop: Stop; number: string; folded: boolean; isDone: boolean }
  | { kind: 'question'; text: string }
  | { kind: 'note'; text: string }
  | { kind: 'hunk'; hunk: ShownHunk }
  | { kind: 'line'; path: string; line: Line };

/** The rows of a change in the order of its tour. @param closed paths whose content is not shown */
export function rowsOf({ files, tour, accepted = [] }: ShownChange, closed: ReadonlySet<string>): Row[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set(accepted);
  const rows: Row[] = [];
  const add = (stop: Stop, number: string) => {
    const folded = closed.has(stop.path);
    const file = byPath.get(stop.path)!;
    const isDone = file.hunks.length > 0 && file.hunks.every(({ id }) => done.has(id));
    rows.push({ kind: 'file', stop, number, folded, isDone });
    if (folded) return;
    for (const text of stop.questions) rows.push({ kind: 'question', text });
    if (file.binary) rows.push({ kind: 'note', text: 'It is no text.' });
    for (const { id, heading, lines } of file.hunks) {
      const at = lines.find((line) => line.new !== undefined)?.new ?? 0;
      const place = `${at > 0 ? `line ${at}` : ''} ${heading}`.trim();
      rows.push({ kind: 'hunk', hunk: { file, id, place, accepted: done.has(id) } });
      // What is accepted need not be seen again.
      if (!done.has(id)) for (const line of lines) rows.push({ kind: 'line', path: stop.path, line });
    }
  };
  for (const [at, stop] of tour.stops.entries()) add(stop, String(at + 1));
  for (const stop of tour.folded) add(stop, '–');
  return rows;
}

const HEIGHTS: Record<Row['kind'], number> = { file: 60, question: 22, note: 22, hunk: 34, line: 22 };

export interface DiffActions {
  onToggle(path: string): void;
  /** Absent where the change is only read. */
  review?: {
    onComment(target: Target): void;
    onDecide(hunk: ShownHunk, decision: 'accept' | 'reject' | 'reopen'): void;
    onWhy(hunk: ShownHunk): void;
    /** A decision is on its way. */
    busy: boolean;
  };
}

/** A change as rows of which only those that are seen are in the page. */
export function Diff({ rows, actions }: { rows: readonly Row[]; actions: DiffActions }): ReactNode {
  const frame = useRef<HTMLElement>(null);
  const shown = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: (at) => HEIGHTS[rows[at]!.kind],
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
            data-index={index}
            className="absolute top-0 left-0 w-full"
            ref={(node) => {
              node?.style.setProperty('transform', `translateY(${start}px)`);
              // Lines have one height; what is said of them may need more than one line of its own.
              if (rows[index]?.kind === 'line') node?.style.setProperty('height', `${size}px`);
              else {
                node?.style.removeProperty('height');
                shown.measureElement(node);
              }
            }}
          >
            <DiffRow row={rows[index]!} actions={actions} />
          </div>
        ))}
      </div>
    </section>
  );
}

/** What is said of a file stays in sight where its lines are long. */
const SAID = 'sticky left-0 w-[calc(100dvw-3rem)] max-w-[69rem] px-3 text-sm leading-[22px]';

function DiffRow({ row, actions }: { row: Row; actions: DiffActions }): ReactNode {
  switch (row.kind) {
    case 'file': {
      const { path, why, added, removed, status } = row.stop;
      return (
        <button
          type="button"
          aria-expanded={!row.folded}
          className="w-full cursor-pointer border-b border-line bg-raised py-2 text-left"
          onClick={() => actions.onToggle(path)}
        >
          <span className="sticky left-0 flex w-[calc(100dvw-3rem)] max-w-[69rem] flex-col px-3">
            <span className="flex w-full flex-wrap items-baseline gap-x-2 text-sm">
              <span className="text-quiet">{row.number}</span>
              <span className="min-w-0 font-mono font-semibold break-all">{path}</span>
              <span className="text-quiet">{status === 'changed' ? '' : status}</span>
              <span className="text-good">+{added}</span>
              <span className="text-bad">−{removed}</span>
              {row.isDone && <span className="text-good">✓ accepted</span>}
            </span>
            <span className="w-full text-sm text-quiet">{why}</span>
          </span>
        </button>
      );
    }
    case 'question':
      return <p className={`${SAID} text-needs`}>? {row.text}</p>;
    case 'note':
      return <p className={`${SAID} text-quiet`}>{row.text}</p>;
    case 'hunk':
      return <HunkRow hunk={row.hunk} review={actions.review} />;
    case 'line':
      return <LineRow path={row.path} line={row.line} onComment={actions.review?.onComment} />;
  }
}

function HunkRow({ hunk, review }: { hunk: ShownHunk; review: DiffActions['review'] }): ReactNode {
  const { place, accepted, file } = hunk;
  const name = `${place} of ${file.path}`;
  const act = (label: string, onClick: () => void, busy = false) => (
    <button
      type="button"
      disabled={busy}
      className="min-h-6 shrink-0 cursor-pointer rounded border border-line bg-panel px-2 font-sans text-xs hover:border-accent disabled:opacity-50"
      aria-label={`${label}: ${name}`}
      onClick={onClick}
    >
      {label}
    </button>
  );
  return (
    <div className="bg-raised">
      <div className="sticky left-0 flex min-h-[34px] w-[calc(100dvw-3rem)] max-w-[69rem] flex-wrap items-center gap-2 px-3 py-1 font-mono text-xs text-quiet">
        <span className="min-w-24 flex-1 break-all">
          {accepted && <span className="text-good">✓ </span>}
          {place}
        </span>
        {review && act('Why', () => review.onWhy(hunk))}
        {review && accepted && act('Look again', () => review.onDecide(hunk, 'reopen'), review.busy)}
        {review && !accepted && act('Reject', () => review.onDecide(hunk, 'reject'), review.busy)}
        {review && !accepted && act('Accept', () => review.onDecide(hunk, 'accept'), review.busy)}
      </div>
    </div>
  );
}

function LineRow({
  path,
  line,
  onComment,
}: {
  path: string;
  line: Line;
  onComment: ((target: Target) => void) | undefined;
}): ReactNode {
  const side = line.kind === 'removed' ? 'old' : 'new';
  const number = (side === 'old' ? line.old : line.new) ?? 0;
  const colour = { added: 'bg-good/12', removed: 'bg-bad/12', context: '' }[line.kind];
  const sign = { added: '+', removed: '−', context: ' ' }[line.kind];
  return (
    <div className={`flex h-full font-mono text-xs leading-[22px] whitespace-pre ${colour}`}>
      {onComment ? (
        <button
          type="button"
          className="w-14 shrink-0 cursor-pointer pr-2 text-right text-quiet hover:bg-raised hover:text-accent"
          aria-label={`Comment on line ${number} of ${path}`}
          onClick={() => onComment({ path, line: number, side, quote: line.text })}
        >
          {number}
        </button>
      ) : (
        <span className="w-14 shrink-0 pr-2 text-right text-quiet">{number}</span>
      )}
      <span aria-hidden="true" className="w-4 shrink-0">
        {sign}
      </span>
      {line.kind !== 'context' && <span className="sr-only">{line.kind}: </span>}
      <span>{line.text}</span>
    </div>
  );
}
