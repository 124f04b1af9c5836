import { type ReactNode, useEffect, useRef, useState } from 'react';
import { api, read } from '../api.ts';
import { useStore } from '../state.ts';
import { useSend } from './answer.tsx';
import { Problem } from './problem.tsx';
import { PromptField } from './prompt-field.tsx';

/** A comment that waits to be sent with the others. */
export interface Draft {
  path: string;
  line: number;
  side: 'old' | 'new';
  quote: string;
  text: string;
  /** The part that was taken out, where that is what it tells of. */
  hunk?: string;
}

/** A comment on one line. */
export function CommentForm({
  target,
  onAdd,
  onCancel,
}: {
  target: Omit<Draft, 'text'>;
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
        <button type="submit" className="button" disabled={text.trim() === ''}>
          Add to the comments
        </button>
        <button type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}

/** Comments on a change, sent all at once to whoever made it. */
export function Drafts({
  id,
  drafts,
  onRemove,
  onSent,
}: {
  id: string;
  drafts: readonly Draft[];
  onRemove(draft: Draft): void;
  onSent(): void;
}): ReactNode {
  const works = useStore((state) => state.threads.get(id)?.status === 'running');
  const { send, busy, error } = useSend();
  const text = `Comments on your change. Do what each asks, or say why not:\n\n${drafts
    .map(
      ({ path, line, side, quote, text: said }) =>
        `${path}:${line}${side === 'old' ? ' (before)' : ''}\n${quote.replace(/^/gm, '> ')}\n${said}`,
    )
    .join('\n\n')}`;
  const delivery = works ? 'steer' : 'prompt';
  const post = () => read(api.threads[':id'].messages.$post({ param: { id }, json: { text, delivery } }));
  return (
    <section aria-label="Comments" className="card flex flex-col gap-2 p-3">
      <ul className="flex flex-col gap-2 text-sm">
        {drafts.map((draft, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two may be the same
          <li key={at} className="flex items-start gap-2">
            <span className="min-w-0 flex-1">
              <span className="font-mono text-xs text-quiet">
                {draft.path}:{draft.line}
              </span>{' '}
              {draft.text}
            </span>
            <button
              type="button"
              className="button"
              aria-label={`Remove the comment on ${draft.path}:${draft.line}`}
              onClick={() => onRemove(draft)}
            >
              Remove
            </button>
          </li>
        ))}
      </ul>
      <button
        type="button"
        className="button button-main self-start"
        disabled={busy}
        onClick={async () => (await send(post)) && onSent()}
      >
        Send {drafts.length} {drafts.length === 1 ? 'comment' : 'comments'}{' '}
        {works ? 'while it works' : 'and let it go on'}
      </button>
      <Problem text={error} />
    </section>
  );
}
