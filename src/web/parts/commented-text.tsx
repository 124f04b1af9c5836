import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import { Markdown } from './markdown.tsx';
import type { Span } from './source-map.ts';
import { mark, rangesOf, spanOf } from './text-marks.ts';

/** Who selects goes on selecting. */
const SETTLED_MS = 150;

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
  useEffect(
    () =>
      root.current
        ? mark(
            'commented',
            marks.flatMap(({ span }) => rangesOf(span, root.current!, text)),
          )
        : undefined,
    [marks, text],
  );
  useEffect(() => {
    if (!root.current || !chosen) return;
    const ranges = rangesOf(chosen, root.current, text);
    // What is selected is seen already.
    const [first] = ranges;
    const { top = 0, bottom = 0 } = first?.getBoundingClientRect() ?? {};
    if (first && (top < 0 || bottom > innerHeight))
      first.startContainer.parentElement?.scrollIntoView({ block: 'center' });
    return mark('chosen', ranges);
  }, [chosen, text]);
  const shown = useMemo(
    () =>
      isDiff ? (
        <pre className="max-h-[70dvh] overflow-auto font-mono text-xs" data-at={0}>
          {text}
        </pre>
      ) : (
        <Markdown text={text} thread={thread} isPlaced={!text.includes('\r')} />
      ),
    [text, isDiff, thread],
  );
  return <div ref={root}>{shown}</div>;
}
