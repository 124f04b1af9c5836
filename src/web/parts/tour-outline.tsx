import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useMemo, useRef } from 'react';
import type { Row } from './diff-rows.ts';

/** The stops of a tour, to go to one; only those that are seen are in the page. */
export function TourOutline({ rows, onGo }: { rows: readonly Row[]; onGo(row: number): void }): ReactNode {
  const frame = useRef<HTMLElement>(null);
  const stops = useMemo(() => rows.flatMap((row, at) => (row.kind === 'file' ? [{ row, at }] : [])), [rows]);
  const shown = useVirtualizer({
    count: stops.length,
    getScrollElement: () => frame.current,
    estimateSize: () => 44,
    overscan: 6,
  });
  return (
    <nav
      ref={frame}
      aria-label="Stops"
      className="hidden h-[calc(100dvh-12rem)] min-h-72 w-60 shrink-0 overflow-y-auto lg:block"
    >
      <div
        className="relative"
        ref={(node) => node?.style.setProperty('height', `${shown.getTotalSize()}px`)}
      >
        {shown.getVirtualItems().map(({ key, index, start }) => {
          const { row, at } = stops[index]!;
          const { path, added, removed } = row.stop;
          const name = path.split('/').at(-1);
          return (
            <button
              key={key}
              type="button"
              title={path}
              className="absolute top-0 left-0 flex h-11 w-full cursor-pointer flex-col justify-center rounded-md px-2 text-left text-xs hover:bg-raised"
              ref={(node) => node?.style.setProperty('transform', `translateY(${start}px)`)}
              onClick={() => onGo(at)}
            >
              <span className="flex w-full items-baseline gap-1.5">
                <span className="w-5 shrink-0 text-right text-quiet">{row.isDone ? '✓' : row.number}</span>
                <span className="min-w-0 flex-1 truncate font-mono">{name}</span>
                <span className="text-good">+{added}</span>
                <span className="text-bad">−{removed}</span>
              </span>
              <span className="w-full truncate pl-6.5 text-quiet">{path.slice(0, -(name ?? '').length)}</span>
            </button>
          );
        })}
      </div>
    </nav>
  );
}
