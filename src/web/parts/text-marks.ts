import { offsetsOf, type Span } from './source-map.ts';

/** Of what is shown where it comes from, looked up once. */
const known = new WeakMap<Element, { source: string; offsets: number[] }>();

function leavesOf(root: Element): HTMLElement[] {
  return [...root.querySelectorAll<HTMLElement>('[data-at]')];
}

function offsetsIn(leaf: HTMLElement, source: string): number[] {
  const before = known.get(leaf);
  if (before?.source === source) return before.offsets;
  const offsets = offsetsOf(source, Number(leaf.dataset.at), leaf.textContent);
  known.set(leaf, { source, offsets });
  return offsets;
}

/** What of a text is selected in what is shown of it; undefined where nothing of it is. */
export function spanOf(range: Range, root: Element, source: string): Span | undefined {
  const leaves = leavesOf(root).filter((leaf) => range.intersectsNode(leaf));
  let [start, end] = [Number.POSITIVE_INFINITY, 0];
  for (const leaf of new Set([leaves[0], leaves[1], leaves.at(-2), leaves.at(-1)])) {
    if (!leaf) continue;
    const offsets = offsetsIn(leaf, source);
    const from = leaf.contains(range.startContainer)
      ? lengthTo(leaf, range.startContainer, range.startOffset)
      : 0;
    const to = leaf.contains(range.endContainer)
      ? lengthTo(leaf, range.endContainer, range.endOffset)
      : offsets.length;
    if (from >= to) continue;
    start = Math.min(start, offsets[from]!);
    end = Math.max(end, offsets[to - 1]! + 1);
  }
  while (start < end && /\s/.test(source[start]!)) start++;
  while (end > start && /\s/.test(source[end - 1]!)) end--;
  return start < end ? { start, end } : undefined;
}

function lengthTo(leaf: Element, container: Node, offset: number): number {
  const range = document.createRange();
  range.setStart(leaf, 0);
  range.setEnd(container, offset);
  return range.toString().length;
}

/** Where a part of a text is shown. */
export function rangesOf({ start, end }: Span, root: Element, source: string): Range[] {
  const leaves = leavesOf(root);
  return leaves.flatMap((leaf, index) => {
    const next = leaves[index + 1];
    if (Number(leaf.dataset.at) >= end || (next && Number(next.dataset.at) <= start)) return [];
    const offsets = offsetsIn(leaf, source);
    const from = offsets.findIndex((offset) => offset >= start && offset < end);
    const to = offsets.findLastIndex((offset) => offset >= start && offset < end);
    const text = leaf.firstChild;
    if (from === -1 || !text) return [];
    const range = document.createRange();
    range.setStart(text, from);
    range.setEnd(text, to + 1);
    return [range];
  });
}

/** Marks ranges of the page as `::highlight()` of a name styles them. @returns what takes the marks away */
export function mark(name: string, ranges: readonly AbstractRange[]): () => void {
  // A browser without them shows the words by the comment alone.
  if (!('highlights' in CSS)) return () => {};
  const marks = CSS.highlights.get(name) ?? new Highlight();
  CSS.highlights.set(name, marks);
  for (const range of ranges) marks.add(range);
  return () => {
    for (const range of ranges) marks.delete(range);
  };
}
