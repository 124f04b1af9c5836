import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';

/** Looks for words in what is too long to be in the page as a whole. */
export function FindField({
  label,
  count,
  textOf,
  onGo,
  onMore,
  onClose,
}: {
  label: string;
  count: number;
  /** What is said at a place. */
  textOf(at: number): string;
  onGo(at: number): void;
  /** Gets what came before; absent where all is there. */
  onMore?: (() => void) | undefined;
  onClose(): void;
}): ReactNode {
  const [words, setWords] = useState('');
  const [here, setHere] = useState<number>();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const wanted = words.trim().toLowerCase();
  const found = useMemo(
    () =>
      wanted === ''
        ? []
        : Array.from({ length: count }, (_, at) => at).filter((at) =>
            textOf(at).toLowerCase().includes(wanted),
          ),
    [wanted, count, textOf],
  );
  const step = (by: 1 | -1) => {
    const from = here ?? (by === 1 ? -1 : count);
    const next = by === 1 ? found.find((at) => at > from) : found.findLast((at) => at < from);
    // Behind the last comes the first.
    const at = next ?? (by === 1 ? found[0] : found.at(-1));
    if (at === undefined) return;
    setHere(at);
    onGo(at);
  };
  const place = here === undefined ? -1 : found.indexOf(here);
  return (
    <search className="flex flex-wrap items-center gap-2 text-sm">
      <input
        ref={field}
        type="search"
        className="field max-w-72"
        aria-label={label}
        placeholder={label}
        value={words}
        onChange={({ target: { value } }) => {
          setWords(value);
          setHere(undefined);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
          if (event.key === 'Escape') onClose();
        }}
      />
      <span role="status" className="text-quiet">
        {wanted !== '' &&
          (found.length === 0
            ? 'not there'
            : place === -1
              ? `${found.length} ${found.length === 1 ? 'place' : 'places'}`
              : `${place + 1} of ${found.length}`)}
      </span>
      <button type="button" className="button" disabled={found.length === 0} onClick={() => step(-1)}>
        Before
      </button>
      <button type="button" className="button" disabled={found.length === 0} onClick={() => step(1)}>
        Next
      </button>
      {onMore && wanted !== '' && (
        <button type="button" className="button" onClick={onMore}>
          Look further back
        </button>
      )}
      <button type="button" className="button" aria-label="Close the search" onClick={onClose}>
        ×
      </button>
    </search>
  );
}
