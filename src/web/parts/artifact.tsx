import type { InferResponseType } from 'hono/client';
import { type ReactNode, useState } from 'react';
import { api, read } from '../api.ts';
import { OwnAnswer, useSend } from './answer.tsx';
import { Markdown } from './markdown.tsx';
import { MediaWithRegions, type Region } from './media.tsx';
import { Problem } from './problem.tsx';
import { PromptField } from './prompt-field.tsx';
import { quoteAnchor } from './quote.ts';
import { ShareForm } from './share.tsx';

export type ShownArtifact = Exclude<
  InferResponseType<(typeof api.threads)[':id']['artifacts']['$get']>,
  { error: string }
>['artifacts'][number];
type Comment = ShownArtifact['comments'][number];

/** An artifact with its questions and comments, and a form for another one. */
export function ArtifactView({ artifact }: { artifact: ShownArtifact }): ReactNode {
  const [anchor, setAnchor] = useState<ReturnType<typeof quoteAnchor> | Region>();
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<number>();
  const [sharing, setSharing] = useState(false);
  const { send, busy, error } = useSend();
  const latest = artifact.versions.at(-1)!;
  const written = artifact.versions.find(({ version }) => version === chosen) ?? latest;
  const comment = () =>
    send(async () => {
      const json = { artifact: artifact.name, anchor: anchor ?? { kind: 'whole' as const }, text };
      await read(api.threads[':id'].comments.$post({ param: { id: artifact.thread }, json }));
      setText('');
      setAnchor(undefined);
    });
  const remarks = artifact.comments.filter(({ anchor: on }) => on.kind !== 'question');
  const body = written === latest ? artifact.shown : (written.text ?? '');
  return (
    <article aria-label={artifact.title} className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <section
        className="card min-w-0 p-4"
        aria-label={`${artifact.name}, version ${written.version}`}
        onMouseUp={() => {
          if (written.text !== undefined)
            setAnchor(quoteAnchor(body, window.getSelection()?.toString() ?? ''));
        }}
      >
        {sharing && (
          <ShareForm id={artifact.thread} artifact={artifact.name} onClose={() => setSharing(false)} />
        )}
        <p className="mb-2 flex flex-wrap items-center gap-2 text-sm text-quiet">
          <span className="font-medium">{artifact.name}</span>
          {artifact.versions.length === 1 ? (
            'version 1'
          ) : (
            <select
              aria-label={`Version of ${artifact.name}`}
              className="rounded border border-line bg-panel px-1 py-0.5"
              value={written.version}
              onChange={({ target: { value } }) => setChosen(Number(value))}
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
        </p>
        {written.text === undefined ? (
          <MediaWithRegions
            thread={artifact.thread}
            name={artifact.name}
            version={written.version}
            title={artifact.title}
            marks={marksOf(remarks)}
            chosen={anchor?.kind === 'region' ? anchor : undefined}
            onChoose={setAnchor}
          />
        ) : written.mediaType === 'text/x-diff' ? (
          <pre className="max-h-[70dvh] overflow-auto font-mono text-xs">{body}</pre>
        ) : (
          <Markdown text={body} thread={artifact.thread} />
        )}
      </section>
      <aside aria-label="Comments" className="flex min-w-0 flex-col gap-3">
        {artifact.questions.map((question) => (
          <Question key={question.id} artifact={artifact} question={question} />
        ))}
        {remarks.map((remark, at) => (
          <Remark key={remark.id} remark={remark} number={at + 1} />
        ))}
        <form
          className="flex flex-col gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim() !== '') void comment();
          }}
        >
          {anchor?.kind === 'text' && (
            <blockquote className="border-l-2 border-accent pl-2 text-sm text-quiet">
              {anchor.quote.slice(0, 200)}
            </blockquote>
          )}
          {anchor?.kind === 'region' && (
            <p className="border-l-2 border-accent pl-2 text-sm text-quiet">{placeWords(anchor)}</p>
          )}
          <PromptField
            className="min-h-20"
            aria-label="Comment"
            placeholder={
              written.text === undefined
                ? 'Comment; draw a rectangle to say what it is about'
                : 'Comment; select words to say what it is about'
            }
            value={text}
            onText={setText}
          />
          <button type="submit" className="button self-start" disabled={busy || text.trim() === ''}>
            Comment
          </button>
          <Problem text={error} />
        </form>
      </aside>
    </article>
  );
}

function Remark({ remark, number }: { remark: Comment; number: number }): ReactNode {
  const { anchor, text, status, answers } = remark;
  const colour = status === 'addressed' ? 'text-good' : status === 'open' ? 'text-needs' : 'text-quiet';
  return (
    <div className="card p-3 text-sm">
      <p className={colour}>
        {number}. {status}
      </p>
      {anchor.kind === 'text' && (
        <blockquote className="border-l-2 border-line pl-2 text-quiet">
          {anchor.quote.slice(0, 200)}
        </blockquote>
      )}
      {anchor.kind === 'region' && <p className="text-quiet">{placeWords(anchor)}</p>}
      <p className="whitespace-pre-wrap">{text}</p>
      {answers.map(({ answer }) => (
        <p key={answer} className="mt-1 text-accent">
          ↳ {answer}
        </p>
      ))}
    </div>
  );
}

function marksOf(remarks: readonly Comment[]): { number: number; region: Region }[] {
  return remarks.flatMap(({ anchor, status }, at) =>
    anchor.kind === 'region' && status !== 'addressed' ? [{ number: at + 1, region: anchor as Region }] : [],
  );
}

function placeWords({
  x,
  y,
  width,
  height,
  second,
}: Omit<Region, 'second'> & { second?: number | undefined }): string {
  const percent = (share: number) => Math.round(share * 100);
  const moment = second === undefined ? '' : `at ${second.toFixed(1)} s, `;
  return `${moment}${percent(width)} × ${percent(height)} % from ${percent(x)} % left, ${percent(y)} % top`;
}

function Question({
  artifact,
  question,
}: {
  artifact: ShownArtifact;
  question: ShownArtifact['questions'][number];
}): ReactNode {
  const { send, busy, error } = useSend();
  const given = artifact.comments.findLast(
    ({ anchor }) => anchor.kind === 'question' && anchor.question === question.id,
  );
  const answer = (text: string) =>
    send(() => {
      const json = {
        artifact: artifact.name,
        anchor: { kind: 'question' as const, question: question.id },
        text,
      };
      return read(api.threads[':id'].comments.$post({ param: { id: artifact.thread }, json }));
    });
  return (
    <fieldset className="card flex flex-col gap-2 border-needs p-3 text-sm">
      <legend className="px-1 font-medium">Question</legend>
      <p>{question.question}</p>
      <div className="flex flex-wrap gap-2">
        {question.options.map((option) => (
          <button
            key={option}
            type="button"
            className={`button ${given?.text === option ? 'border-accent' : ''}`}
            aria-pressed={given?.text === option}
            disabled={busy}
            onClick={() => void answer(option)}
          >
            {option}
          </button>
        ))}
      </div>
      <OwnAnswer busy={busy} onAnswer={(text) => void answer(text)} />
      {given && <p className="text-good">Answered: {given.text}</p>}
      {error && <p className="text-bad">{error}</p>}
    </fieldset>
  );
}
