import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef } from 'react';
import { type DiffActions, DiffRow } from './diff-row.tsx';
import type { Row } from './diff-rows.ts';

const HEIGHTS: Record<Row['kind'], number> = {
  ...{ file: 60, question: 22, note: 22, hunk: 34, line: 24, comment: 70 },
};

/** Where a diff is to be scrolled to: a row, asked for anew by another object. */
export interface Jump {
  row: number;
}

/** A change as rows of which only those that are seen are in the page. */
export function Diff({
  rows,
  actions,
  cursor,
  jump,
}: {
  rows: readonly Row[];
  actions: DiffActions;
  /** The hunk that keys are about. */
  cursor?: string | undefined;
  jump?: Jump | undefined;
}): ReactNode {
  const frame = useRef<HTMLElement>(null);
  const shown = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: (at) => HEIGHTS[rows[at]!.kind],
    overscan: 12,
    getItemKey: (at) => {
      const row = rows[at]!;
      return row.kind === 'comment' ? row.comment.id : at;
    },
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: other rows have other heights
  useEffect(() => shown.measure(), [rows, shown]);
  useEffect(() => {
    if (jump) shown.scrollToIndex(jump.row, { align: 'start' });
  }, [jump, shown]);
  return (
    <section
      ref={frame}
      aria-label="Tour of the change"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      className="card @container h-[calc(100dvh-12rem)] min-h-72 min-w-0 flex-1 overflow-auto"
    >
      <div
        className="relative min-w-fit"
        ref={(node) => node?.style.setProperty('height', `${shown.getTotalSize()}px`)}
      >
        {shown.getVirtualItems().map(({ key, index, start, size }) => {
          const row = rows[index]!;
          return (
            <div
              key={key}
              data-index={index}
              className={`absolute top-0 left-0 w-full ${jump?.row === index && row.kind === 'line' ? 'outline outline-accent' : ''}`}
              ref={(node) => {
                node?.style.setProperty('transform', `translateY(${start}px)`);
                // Lines have one height; what is said of them may need more than one line of its own.
                if (row.kind === 'line') node?.style.setProperty('height', `${size}px`);
                else {
                  node?.style.removeProperty('height');
                  shown.measureElement(node);
                }
              }}
            >
              <DiffRow
                row={row}
                isAt={row.kind === 'hunk' && cursor !== undefined && row.hunk.id === cursor}
                actions={actions}
              />
            </div>
          );
        })}
      </div>
    </section>
  );
}
