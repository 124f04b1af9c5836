import { type ReactNode, useEffect, useRef } from 'react';
import { highlightName } from './code-colours.ts';
import { coloursOf } from './diff-colours.ts';
import type { Hunk, Row, ShownHunk } from './diff-rows.ts';
import { LineComment, type Target } from './line-comments.tsx';
import { mark } from './text-marks.ts';

export interface DiffActions {
  onToggle(path: string): void;
  /** Absent where the change is only read. */
  review?: {
    thread: string;
    onChanged(): Promise<void>;
    onComment(target: Target): void;
    onDecide(hunk: ShownHunk, decision: 'accept' | 'reject' | 'reopen'): void;
    onWhy(hunk: ShownHunk): void;
    /** A decision is on its way. */
    busy: boolean;
  };
}

/** What is said of a file stays in sight where its lines are long. */
const WIDTH = 'sticky left-0 w-[100cqw]';
const SAID = `${WIDTH} px-3 text-sm leading-[22px]`;

/** @param isAt the keys are about it */
export function DiffRow({
  row,
  isAt,
  actions,
}: {
  row: Row;
  isAt: boolean;
  actions: DiffActions;
}): ReactNode {
  switch (row.kind) {
    case 'file': {
      const { path, why, added, removed, status } = row.stop;
      return (
        <button
          type="button"
          aria-expanded={!row.folded}
          className="w-full cursor-pointer border-y border-line bg-raised py-2 text-left"
          onClick={() => actions.onToggle(path)}
        >
          <span className={`${WIDTH} flex flex-col px-3`}>
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
    case 'comment':
      return (
        <div className={`${WIDTH} px-3 py-1 pl-16 text-sm`}>
          <div className="card max-w-2xl p-2">
            {actions.review && (
              <LineComment
                id={actions.review.thread}
                comment={row.comment}
                isPlaced
                onChanged={actions.review.onChanged}
              />
            )}
          </div>
        </div>
      );
    case 'hunk':
      return <HunkRow hunk={row.hunk} isAt={isAt} review={actions.review} />;
    case 'line':
      return <LineRow path={row.path} hunk={row.hunk} at={row.at} onComment={actions.review?.onComment} />;
  }
}

function HunkRow({
  hunk,
  isAt,
  review,
}: {
  hunk: ShownHunk;
  isAt: boolean;
  review: DiffActions['review'];
}): ReactNode {
  const { place, accepted, file } = hunk;
  const name = `${place} of ${file.path}`;
  const act = (label: string, key: string, onClick: () => void, busy = false) => (
    <button
      type="button"
      disabled={busy}
      className="min-h-6 shrink-0 cursor-pointer rounded border border-line bg-panel px-2 font-sans text-xs hover:border-accent disabled:opacity-50"
      aria-label={`${label}: ${name}`}
      {...(isAt && { 'data-key': key, 'data-quick': '' })}
      onClick={onClick}
    >
      {label} {isAt && <kbd>{key}</kbd>}
    </button>
  );
  return (
    <div className={`bg-raised ${isAt ? 'border-l-4 border-accent' : ''}`}>
      <div
        className={`${WIDTH} flex min-h-[34px] flex-wrap items-center gap-2 px-3 py-1 font-mono text-xs text-quiet`}
      >
        <span className="min-w-12 flex-1 break-all">
          {accepted && <span className="text-good">✓ </span>}
          {place}
        </span>
        {review && act('Why', 'w', () => review.onWhy(hunk))}
        {review && accepted && act('Look again', 'a', () => review.onDecide(hunk, 'reopen'), review.busy)}
        {review && !accepted && act('Reject', 'x', () => review.onDecide(hunk, 'reject'), review.busy)}
        {review && !accepted && act('Accept', 'a', () => review.onDecide(hunk, 'accept'), review.busy)}
      </div>
    </div>
  );
}

/** Who scrolls by needs no colours. */
const SETTLED_MS = 60;

function LineRow({
  path,
  hunk,
  at,
  onComment,
}: {
  path: string;
  hunk: Hunk;
  at: number;
  onComment: ((target: Target) => void) | undefined;
}): ReactNode {
  const text = useRef<HTMLSpanElement>(null);
  const line = hunk.lines[at]!;
  useEffect(() => {
    let gone = false;
    let unmark: (() => void)[] = [];
    const colour = async () => {
      const { tokens, changed } = await coloursOf(path, hunk, at);
      const node = text.current?.firstChild;
      if (gone || !node) return;
      const range = ({ start, end }: { start: number; end: number }) =>
        new StaticRange({ startContainer: node, startOffset: start, endContainer: node, endOffset: end });
      unmark = tokens.map((token) => mark(highlightName(token.kind), [range(token)]));
      if (changed) unmark.push(mark(`changed-${line.kind}`, [range(changed)]));
    };
    const settled = setTimeout(() => void colour(), SETTLED_MS);
    return () => {
      gone = true;
      clearTimeout(settled);
      for (const one of unmark) one();
    };
  }, [path, hunk, at, line]);
  const side = line.kind === 'removed' ? 'old' : 'new';
  const number = (side === 'old' ? line.old : line.new) ?? 0;
  const colour = { added: 'bg-good/12', removed: 'bg-bad/12', context: '' }[line.kind];
  const sign = { added: '+', removed: '−', context: ' ' }[line.kind];
  return (
    <div className={`flex h-full font-mono text-xs leading-[24px] whitespace-pre ${colour}`}>
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
      <span ref={text}>{line.text}</span>
    </div>
  );
}
