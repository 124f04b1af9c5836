import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { Markdown } from './markdown.tsx';
import type { Span } from './source-map.ts';
import { mark, rangesOf, spanOf } from './text-marks.ts';

/** Who selects goes on selecting. */
const SETTLED_MS = 150;
/** Longer texts are shown as a whole when that is wanted: each word of one is a part of the page. */
const MAX_SHOWN = 60_000;

/** A text of which words can be selected to be commented; those that were are marked. */
export function CommentedText({
  text,
  isDiff,
  thread,
  marks,
  chosen,
  onChoose,
}: {
  text: string;
  isDiff: boolean;
  thread: string;
  marks: readonly { id: string; span: Span }[];
  chosen: Span | undefined;
  onChoose(span: Span): void;
}): ReactNode {
  const root = useRef<HTMLDivElement>(null);
  const [isWhole, setWhole] = useState(text.length <= MAX_SHOWN);
  const part = isWhole ? text : text.slice(0, Math.max(text.lastIndexOf('\n\n', MAX_SHOWN), MAX_SHOWN / 2));
  const choose = useRef(onChoose);
  choose.current = onChoose;
  useEffect(() => {
    let settled: ReturnType<typeof setTimeout> | undefined;
    const change = () => {
      clearTimeout(settled);
      settled = setTimeout(() => {
        const selection = getSelection();
        if (!root.current || !selection || selection.isCollapsed || selection.rangeCount === 0) return;
        const range = selection.getRangeAt(0).cloneRange();
        // What begins or ends beside the text is taken as far as it is in it: a triple click ends in the next element.
        if (!range.intersectsNode(root.current)) return;
        if (!root.current.contains(range.startContainer)) range.setStart(root.current, 0);
        if (!root.current.contains(range.endContainer))
          range.setEnd(root.current, root.current.childNodes.length);
        const span = spanOf(range, root.current, text);
        if (span) choose.current(span);
      }, SETTLED_MS);
    };
    document.addEventListener('selectionchange', change);
    return () => {
      clearTimeout(settled);
      document.removeEventListener('selectionchange', change);
    };
  }, [text]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: more that is shown is more to be marked
  useEffect(
    () =>
      root.current
        ? mark(
            'commented',
            marks.flatMap(({ span }) => rangesOf(span, root.current!, text)),
          )
        : undefined,
    [marks, text, part],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: more that is shown is more to be marked
  useEffect(() => {
    if (!root.current || !chosen) return;
    const ranges = rangesOf(chosen, root.current, text);
    // What is selected is seen already.
    const [first] = ranges;
    const { top = 0, bottom = 0 } = first?.getBoundingClientRect() ?? {};
    if (first && (top < 0 || bottom > innerHeight))
      first.startContainer.parentElement?.scrollIntoView({ block: 'center' });
    return mark('chosen', ranges);
  }, [chosen, text, part]);
  const shown = useMemo(
    () =>
      isDiff ? (
        <pre className="max-h-[70dvh] overflow-auto font-mono text-xs" data-at={0}>
          {part}
        </pre>
      ) : (
        <Markdown text={part} thread={thread} isPlaced={!text.includes('\r')} />
      ),
    [text, part, isDiff, thread],
  );
  return (
    <>
      <div ref={root}>{shown}</div>
      {!isWhole && (
        <button type="button" className="button mt-2" onClick={() => setWhole(true)}>
          Show all of it ({Math.round(text.length / 1000)} thousand characters)
        </button>
      )}
    </>
  );
}
