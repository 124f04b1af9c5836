import type { InferResponseType } from 'hono/client';
import { type ReactNode, useMemo, useState } from 'react';
import { api, read } from '../api.ts';
import { useSend } from './answer.tsx';
import { CommentForm, type Said } from './comment-form.tsx';
import { CommentedText } from './commented-text.tsx';
import { MediaWithRegions, type Region } from './media.tsx';
import { Question } from './question.tsx';
import { quoteAnchor } from './quote.ts';
import { type Comment, Remark } from './remark.tsx';
import { ShareForm } from './share.tsx';
import type { Span } from './source-map.ts';

export type ShownArtifact = Exclude<
  InferResponseType<(typeof api.threads)[':id']['artifacts']['$get']>,
  { error: string }
>['artifacts'][number];

/** An artifact with its questions and comments, and a form for another one. */
export function ArtifactView({ artifact }: { artifact: ShownArtifact }): ReactNode {
  const [on, setOn] = useState<Span | Region>();
  const [draft, setDraft] = useState<Comment>();
  const [chosen, setChosen] = useState<number>();
  const [sharing, setSharing] = useState(false);
  const { send, busy, error } = useSend();
  const latest = artifact.versions.at(-1)!;
  const written = artifact.versions.find(({ version }) => version === chosen) ?? latest;
  const remarks = artifact.comments.filter(({ anchor }) => anchor.kind !== 'question');
  const body = written === latest ? artifact.shown : (written.text ?? '');
  const span = on && 'start' in on ? on : undefined;
  const region = on && 'x' in on ? on : undefined;
  const marks = useMemo(
    () =>
      written === latest
        ? artifact.comments.flatMap(({ id, span, status }) =>
            span && status !== 'addressed' ? [{ id, span }] : [],
          )
        : [],
    [artifact, written, latest],
  );
  const param = { id: artifact.thread };
  const close = (comment: Comment) =>
    read(api.threads[':id'].comments[':comment'].close.$post({ param: { ...param, comment: comment.id } }));
  const comment = async ({ text }: Said): Promise<boolean> => {
    let isSaid = false;
    await send(async () => {
      const anchor = span ? quoteAnchor(body, span) : (region ?? draft?.anchor ?? { kind: 'whole' as const });
      const { version } = written;
      await read(
        api.threads[':id'].comments.$post({
          param,
          json: { artifact: artifact.name, anchor, text, version },
        }),
      );
      // The new one is there first: whatever happens between, nothing that was said is lost.
      if (draft) await close(draft);
      setDraft(undefined);
      setOn(undefined);
      isSaid = true;
    });
    return isSaid;
  };
  return (
    <article aria-label={artifact.title} className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <section className="card min-w-0 p-4" aria-label={`${artifact.name}, version ${written.version}`}>
        {sharing && (
          <ShareForm id={artifact.thread} artifact={artifact.name} onClose={() => setSharing(false)} />
        )}
        <div className="mb-2 flex flex-wrap items-center gap-2 text-sm text-quiet">
          <span className="font-medium">{artifact.name}</span>
          {artifact.versions.length === 1 ? (
            'version 1'
          ) : (
            <select
              aria-label={`Version of ${artifact.name}`}
              className="rounded border border-line bg-panel px-1 py-0.5"
              value={written.version}
              onChange={({ target: { value } }) => {
                setOn(undefined);
                setChosen(Number(value));
              }}
            >
              {artifact.versions.map(({ version }) => (
                <option key={version} value={version}>
                  version {version}
                  {version === latest.version ? '' : ' (earlier)'}
                </option>
              ))}
            </select>
          )}
          <button
            type="button"
            className="button ml-auto"
            aria-label={`Share ${artifact.name}`}
            aria-expanded={sharing}
            onClick={() => setSharing(!sharing)}
          >
            Share
          </button>
        </div>
        {written.text === undefined ? (
          <MediaWithRegions
            thread={artifact.thread}
            name={artifact.name}
            version={written.version}
            title={artifact.title}
            marks={marksOf(remarks, written === latest ? undefined : written.version)}
            chosen={region}
            onChoose={setOn}
          />
        ) : (
          <CommentedText
            text={body}
            isDiff={written.mediaType === 'text/x-diff'}
            thread={artifact.thread}
            marks={marks}
            chosen={span}
            onChoose={setOn}
          />
        )}
      </section>
      <aside aria-label="Comments" className="flex min-w-0 flex-col gap-3">
        {artifact.questions.map((question) => (
          <Question key={question.id} artifact={artifact} question={question} />
        ))}
        {remarks.map((remark, at) => (
          <Remark
            key={remark.id}
            thread={artifact.thread}
            remark={remark}
            number={at + 1}
            onShow={remark.span && written === latest ? () => setOn(remark.span ?? undefined) : undefined}
            onEdit={() => {
              setDraft(remark);
              setOn(remark.span ?? (remark.anchor.kind === 'region' ? (remark.anchor as Region) : undefined));
            }}
          />
        ))}
        <CommentForm
          key={draft?.id ?? ''}
          body={written.text === undefined ? undefined : body}
          on={on}
          draft={draft?.text}
          busy={busy}
          error={error}
          onChoose={setOn}
          onSay={comment}
        />
      </aside>
    </article>
  );
}

/** @param version an earlier one: what was said of it stands where it was said */
function marksOf(remarks: readonly Comment[], version?: number): { number: number; region: Region }[] {
  return remarks.flatMap(({ anchor, region, status, version: of }, at) => {
    const place = version === undefined ? region : of === version ? anchor : null;
    const isShown = anchor.kind === 'region' && place && status !== 'addressed';
    return isShown ? [{ number: at + 1, region: { ...anchor, ...place } as Region }] : [];
  });
}
