import type { ReactNode } from 'react';
import { api, read } from '../api.ts';
import { useSend } from './answer.tsx';
import type { ShownArtifact } from './artifact.tsx';
import type { Region } from './media.tsx';
import { Problem } from './problem.tsx';
import { wordsOf } from './quote.ts';

export type Comment = ShownArtifact['comments'][number];

/** A comment with what became of it. */
export function Remark({
  thread,
  remark,
  number,
  onShow,
  onEdit,
}: {
  thread: string;
  remark: Comment;
  number: number;
  /** Absent where what it is about is not shown. */
  onShow: (() => void) | undefined;
  /** Absent while another comment is being written. */
  onEdit: (() => void) | undefined;
}): ReactNode {
  const { send, busy, error } = useSend();
  const { id: comment, anchor, text, status, answers, version } = remark;
  const colour = status === 'addressed' ? 'text-good' : status === 'open' ? 'text-needs' : 'text-quiet';
  const set = (what: 'close' | 'reopen') =>
    void send(() => {
      const param = { id: thread, comment };
      const { close, reopen } = api.threads[':id'].comments[':comment'];
      return read(what === 'close' ? close.$post({ param }) : reopen.$post({ param }));
    });
  return (
    <div className="card flex flex-col gap-1 p-3 text-sm">
      <p className={colour}>
        {number}. {status}
        {status === 'stale' && <span className="text-quiet"> (of version {version})</span>}
      </p>
      {anchor.kind === 'text' && (
        <blockquote className="border-l-2 border-line pl-2 text-quiet">
          {wordsOf(anchor.quote.slice(0, 200))}
        </blockquote>
      )}
      {anchor.kind === 'region' && <p className="text-quiet">{placeWords(anchor)}</p>}
      <p className="whitespace-pre-wrap">{text}</p>
      {answers.map(({ answer }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: answers only come behind others
        <p key={at} className="mt-1 text-accent">
          ↳ {answer}
        </p>
      ))}
      <p className="flex flex-wrap gap-1">
        {onShow && (
          <button type="button" className="button" onClick={onShow}>
            Show
          </button>
        )}
        {status === 'draft' ? (
          <>
            <button type="button" className="button" disabled={busy || !onEdit} onClick={onEdit}>
              Edit
            </button>
            <button type="button" className="button" disabled={busy} onClick={() => set('close')}>
              Remove
            </button>
          </>
        ) : status === 'addressed' ? (
          <button type="button" className="button" disabled={busy} onClick={() => set('reopen')}>
            Open again
          </button>
        ) : (
          <button type="button" className="button" disabled={busy} onClick={() => set('close')}>
            Done
          </button>
        )}
      </p>
      <Problem text={error} />
    </div>
  );
}

/** A rectangle and a moment in words. */
export function placeWords({
  x,
  y,
  width,
  height,
  second,
}: Omit<Region, 'second' | 'kind'> & { second?: number | undefined }): string {
  const percent = (share: number) => Math.round(share * 100);
  const moment = second === undefined ? '' : `at ${second.toFixed(1)} s, `;
  return `${moment}${percent(width)} × ${percent(height)} % from ${percent(x)} % left, ${percent(y)} % top`;
}
