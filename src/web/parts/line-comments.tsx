import { type ReactNode, useEffect, useRef, useState } from 'react';
import { api, read } from '../api.ts';
import { useStore } from '../state.ts';
import { useSend } from './answer.tsx';
import type { Change } from './diff-rows.ts';
import { Problem } from './problem.tsx';
import { PromptField } from './prompt-field.tsx';

/** Lines of a change that a comment is about. */
export interface Target {
  path: string;
  line: number;
  side: 'old' | 'new';
  quote: string;
}

/** A comment on one line. */
export function LineCommentForm({
  target,
  busy,
  onAdd,
  onCancel,
}: {
  target: Target;
  busy: boolean;
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
      <p className="font-mono text-xs break-all text-quiet">
        {target.path}:{target.line} {target.quote}
      </p>
      <PromptField ref={field} aria-label="Comment" value={text} onText={setText} />
      <div className="flex gap-2">
        <button type="submit" className="button" disabled={busy || text.trim() === ''}>
          Add to the comments
        </button>
        <button type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}

/** What was said of a change and what became of it; what is not sent yet is sent all at once. */
export function LineComments({
  id,
  comments,
  placed,
  onChanged,
}: {
  id: string;
  comments: Change['comments'];
  /** Those that stand at their lines, and not here. */
  placed: ReadonlySet<string>;
  onChanged(): Promise<void>;
}): ReactNode {
  const works = useStore((state) => state.threads.get(id)?.status === 'running');
  const { send, busy, error } = useSend();
  const drafts = comments.filter(({ status }) => status === 'draft');
  const sendAll = () =>
    send(async () => {
      await read(api.threads[':id'].comments.send.$post({ param: { id } }));
      await onChanged();
    });
  const listed = comments.filter((comment) => !placed.has(comment.id));
  if (listed.length === 0 && drafts.length === 0) return null;
  return (
    <section aria-label="Comments" className="card flex max-h-96 flex-col gap-2 overflow-y-auto p-3">
      <ul className="flex flex-col gap-2 text-sm">
        {listed.map((comment) => (
          <li key={comment.id}>
            <LineComment id={id} comment={comment} onChanged={onChanged} />
          </li>
        ))}
      </ul>
      {drafts.length > 0 && (
        <button
          type="button"
          className="button button-main self-start"
          disabled={busy}
          onClick={() => void sendAll()}
        >
          Send {drafts.length} {drafts.length === 1 ? 'comment' : 'comments'}{' '}
          {works ? 'while it works' : 'and let it go on'}
        </button>
      )}
      <Problem text={error} />
    </section>
  );
}

/** A comment on a line, with what became of it. */
export function LineComment({
  id,
  comment: { id: comment, anchor, status, text, answers },
  isPlaced = false,
  onChanged,
}: {
  id: string;
  comment: Change['comments'][number];
  /** It stands at the line that it is about. */
  isPlaced?: boolean;
  onChanged(): Promise<void>;
}): ReactNode {
  const { send, busy, error } = useSend();
  const set = (what: 'close' | 'reopen') =>
    send(async () => {
      const param = { id, comment };
      const { close, reopen } = api.threads[':id'].comments[':comment'];
      await read(what === 'close' ? close.$post({ param }) : reopen.$post({ param }));
      await onChanged();
    });
  const colour = status === 'addressed' ? 'text-good' : status === 'open' ? 'text-needs' : 'text-quiet';
  return (
    <div className="flex items-start gap-2">
      <div className="min-w-0 flex-1">
        <span className={colour}>{status}</span>{' '}
        {anchor.kind === 'diff' && !isPlaced && (
          <span className="font-mono text-xs break-all text-quiet">
            {anchor.path}:{anchor.line}
          </span>
        )}
        <p className="whitespace-pre-wrap">{text}</p>
        {answers.map(({ answer }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: answers only come behind others
          <p key={at} className="text-accent">
            ↳ {answer}
          </p>
        ))}
        <Problem text={error} />
      </div>
      <button
        type="button"
        className="button"
        disabled={busy}
        onClick={() => void set(status === 'addressed' ? 'reopen' : 'close')}
      >
        {status === 'draft' ? 'Remove' : status === 'addressed' ? 'Open again' : 'Done'}
      </button>
    </div>
  );
}
