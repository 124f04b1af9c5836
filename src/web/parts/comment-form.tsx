import { type ReactNode, type RefObject, useMemo, useState } from 'react';
import type { Region } from './media.tsx';
import { Problem } from './problem.tsx';
import { PromptField } from './prompt-field.tsx';
import { placesOf } from './quote.ts';
import { placeWords } from './remark.tsx';
import type { Span } from './source-map.ts';

/** A form for a comment on an artifact: on all of it, on words, or on a rectangle. */
export function CommentForm({
  body,
  on,
  text,
  isDraft,
  busy,
  error,
  field,
  onText,
  onChoose,
  onSay,
}: {
  /** Its text; absent for an image or a recording. */
  body: string | undefined;
  on: Span | Region | undefined;
  text: string;
  /** A comment that is there is being changed. */
  isDraft: boolean;
  busy: boolean;
  error: string;
  field: RefObject<HTMLTextAreaElement | null>;
  onText(text: string): void;
  onChoose(on: Span | undefined): void;
  onSay(): void;
}): ReactNode {
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== '' && !busy) onSay();
      }}
    >
      {on && (
        <p className="flex items-start gap-2 border-l-2 border-accent pl-2 text-sm text-quiet">
          <span className="min-w-0 flex-1">
            {'start' in on ? (body ?? '').slice(on.start, Math.min(on.end, on.start + 200)) : placeWords(on)}
          </span>
          <button
            type="button"
            className="button"
            aria-label="On all of it"
            onClick={() => onChoose(undefined)}
          >
            ×
          </button>
        </p>
      )}
      {body !== undefined && <Words body={body} onChoose={onChoose} />}
      <PromptField
        ref={field}
        className="min-h-20"
        aria-label="Comment"
        placeholder={
          body === undefined
            ? 'Comment; draw a rectangle to say what it is about'
            : 'Comment; select words to say what it is about'
        }
        value={text}
        onText={onText}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.metaKey || event.ctrlKey))
            event.currentTarget.form?.requestSubmit();
        }}
      />
      <button type="submit" className="button self-start" disabled={busy || text.trim() === ''}>
        {isDraft ? 'Change the comment' : 'Comment'}
      </button>
      <Problem text={error} />
    </form>
  );
}

/** The words that a comment is about, for whoever selects with no pointer. */
function Words({ body, onChoose }: { body: string; onChoose(on: Span | undefined): void }): ReactNode {
  const [words, setWords] = useState('');
  const [at, setAt] = useState(0);
  const places = useMemo(() => placesOf(body, words), [body, words]);
  const choose = (given: string, index: number) => {
    const found = placesOf(body, given);
    setWords(given);
    setAt(index);
    onChoose(found[index % Math.max(1, found.length)]);
  };
  return (
    <details className="text-sm">
      <summary className="cursor-pointer text-quiet">The words in question</summary>
      <div className="flex flex-wrap items-center gap-2 pt-1">
        <input
          type="text"
          className="field min-w-0 flex-1"
          aria-label="The words in question"
          value={words}
          onChange={({ target: { value } }) => choose(value, 0)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            if (places.length > 0) choose(words, (at + 1) % places.length);
          }}
        />
        <span role="status" className="text-quiet">
          {words.trim() !== '' && (places.length === 0 ? 'not there' : `${at + 1} of ${places.length}`)}
        </span>
        {places.length > 1 && (
          <button type="button" className="button" onClick={() => choose(words, (at + 1) % places.length)}>
            Next
          </button>
        )}
      </div>
    </details>
  );
}
