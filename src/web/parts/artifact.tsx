import type { InferResponseType } from 'hono/client';
import { type ReactNode, useMemo, useRef, useState } from 'react';
import { api, read } from '../api.ts';
import { useSend } from './answer.tsx';
import { CommentForm } from './comment-form.tsx';
import { CommentedText } from './commented-text.tsx';
import { useDraft } from './draft.ts';
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
  const [about, setAbout] = useState<{ on: Span | Region; version: number }>();
  const [draft, setDraft] = useState<Comment>();
  const [isKept, setKept] = useState(false);
  const [text, setText] = useDraft(`artifact ${artifact.thread} ${artifact.name}`);
  const [chosen, setChosen] = useState<number>();
  const [sharing, setSharing] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const { send, busy, error } = useSend();
  const latest = artifact.versions.at(-1)!;
  // While something of a version is selected, that one is shown, whatever the agent writes meanwhile.
  const wanted = chosen ?? about?.version;
  const written = artifact.versions.find(({ version }) => version === wanted) ?? latest;
  const remarks = artifact.comments.filter(({ anchor }) => anchor.kind !== 'question');
  const body = written === latest ? artifact.shown : (written.text ?? '');
  const on = about?.version === written.version ? about.on : undefined;
  const setOn = (place: Span | Region | undefined) =>
    setAbout(place && { on: place, version: written.version });
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
  // What a draft is about and that is no longer there: it stays about that, unless another place is chosen.
  const keptAnchor = draft && isKept ? draft.anchor : undefined;
  const close = (comment: Comment) =>
    read(api.threads[':id'].comments[':comment'].close.$post({ param: { ...param, comment: comment.id } }));
  const comment = () =>
    send(async () => {
      // What is shown has ticks that the text has not; it is as long.
      const anchor = span
        ? quoteAnchor(written.text ?? '', span)
        : (region ?? keptAnchor ?? { kind: 'whole' as const });
      const version = keptAnchor && !on ? draft!.version : written.version;
      await read(
        api.threads[':id'].comments.$post({
          param,
          json: { artifact: artifact.name, anchor, text, version },
        }),
      );
      // The new one is there first: whatever happens between, nothing that was said is lost.
      if (draft) await close(draft);
      setDraft(undefined);
      setAbout(undefined);
      setText('');
    });
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
                setAbout(undefined);
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
      <aside
        aria-label={`Comments on ${artifact.name}`}
        className="flex min-w-0 flex-col gap-3 lg:sticky lg:top-2 lg:max-h-[calc(100dvh-1rem)] lg:self-start lg:overflow-y-auto"
      >
        {artifact.questions.map((question) => (
          <Question key={question.id} artifact={artifact} question={question} />
        ))}
        <CommentForm
          body={written.text === undefined ? undefined : body}
          on={on}
          text={text}
          isDraft={draft !== undefined}
          busy={busy}
          error={error}
          onText={setText}
          field={field}
          onChoose={(place) => {
            setKept(false);
            setOn(place);
          }}
          onSay={() => void comment()}
        />
        {remarks.map((remark, at) => (
          <Remark
            key={remark.id}
            thread={artifact.thread}
            remark={remark}
            number={at + 1}
            onShow={remark.span && written === latest ? () => setOn(remark.span ?? undefined) : undefined}
            onEdit={
              text.trim() !== '' && !draft
                ? undefined
                : () => {
                    setDraft(remark);
                    setText(remark.text);
                    setKept(remark.anchor.kind !== 'whole' && !remark.span && !remark.region);
                    setChosen(undefined);
                    const place =
                      remark.span ?? (remark.region && ({ ...remark.anchor, ...remark.region } as Region));
                    setAbout(place ? { on: place, version: latest.version } : undefined);
                  }
            }
          />
        ))}
      </aside>
      {on && (
        <button
          type="button"
          className="button button-main fixed right-4 bottom-24 z-20 shadow lg:hidden"
          onClick={() => field.current?.focus()}
        >
          Comment on that
        </button>
      )}
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
