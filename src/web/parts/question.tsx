import type { ReactNode } from 'react';
import { api, read } from '../api.ts';
import { OwnAnswer, useSend } from './answer.tsx';
import type { ShownArtifact } from './artifact.tsx';
import { wordsOf } from './quote.ts';

/** An open question of an artifact, with what was answered. */
export function Question({
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
      <p>{wordsOf(question.question)}</p>
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
            {wordsOf(option)}
          </button>
        ))}
      </div>
      <OwnAnswer busy={busy} onAnswer={(text) => void answer(text)} />
      {given && <p className="text-good">Answered: {given.text}</p>}
      {error && <p className="text-bad">{error}</p>}
    </fieldset>
  );
}
