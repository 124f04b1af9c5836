import { type ReactNode, useState } from 'react';
import { api, read } from '../api.ts';
import type { Flow, Phase } from '../pages/flow.tsx';
import { useSend } from './answer.tsx';
import { PromptField } from './prompt-field.tsx';

/** What can be decided where a flow stands, or of an earlier phase that is looked at. */
export function DecideForm({
  flow,
  shown,
  onDecided,
}: {
  flow: Flow;
  shown: Phase;
  onDecided(): void;
}): ReactNode {
  const { send, busy, error } = useSend();
  const [note, setNote] = useState('');
  const [sure, setSure] = useState(false);
  const current = flow.phases.find(({ name }) => name === flow.current);
  // What came before can be sent back as long as nobody works on what follows from it.
  const isWorking = flow.state === 'working';
  const isEarlier = shown !== current && shown.thread !== null && !isWorking;
  const of = isEarlier ? shown : current;
  const drafts = (of?.artifacts ?? []).flatMap(({ comments }) =>
    comments.filter(({ status, anchor }) => status === 'draft' && anchor.kind !== 'question'),
  );
  const said = note.trim() === '' ? {} : { note: note.trim() };
  type Decision = Parameters<(typeof api.flows)[':id']['decisions']['$post']>[0]['json'];
  const decide = (json: Decision) =>
    send(async () => {
      await read(api.flows[':id'].decisions.$post({ param: { id: flow.id }, json }));
      setNote('');
      setSure(false);
      onDecided();
    });
  const approve = (anyway: boolean) => {
    const versions = Object.fromEntries(
      current!.artifacts.map(({ name, versions: all }) => [name, all.length]),
    );
    return decide({ decision: 'approve', anyway, phase: current!.name, versions, ...said });
  };
  const comments = `${drafts.length} ${drafts.length === 1 ? 'comment' : 'comments'}`;
  if (flow.state === 'done' && !isEarlier) return <p className="text-good">All phases are approved.</p>;
  return (
    <section aria-label="Decide" className="card flex flex-col gap-2 p-3 sm:sticky sm:bottom-2">
      {isWorking ? (
        <div className="flex flex-wrap items-center gap-2">
          <span role="status">{flow.current} is worked on.</span>
          {drafts.length > 0 && of?.thread && (
            <button
              type="button"
              className="button button-main"
              disabled={busy}
              onClick={() =>
                void send(() => read(api.threads[':id'].comments.send.$post({ param: { id: of.thread! } })))
              }
            >
              Send {comments} now
            </button>
          )}
          <button
            type="button"
            className="button"
            disabled={busy}
            onClick={() => void send(() => read(api.threads[':id'].stop.$post({ param: { id: flow.id } })))}
          >
            Stop
          </button>
        </div>
      ) : (
        <>
          {flow.state === 'done' && <p className="text-good">All phases are approved.</p>}
          <PromptField
            rows={1}
            aria-label="Note"
            placeholder="A note with your decision"
            value={note}
            onText={setNote}
          />
          <div className="flex flex-wrap gap-2">
            {!isEarlier && flow.state === 'needs-you' && (
              <button
                type="button"
                className={`button ${current?.artifacts.length === 0 ? '' : 'button-main'}`}
                data-key="A"
                disabled={busy}
                onClick={() => void approve(false)}
              >
                Approve {flow.current} <kbd>A</kbd>
              </button>
            )}
            {(isEarlier || flow.state !== 'waiting') && (
              <button
                type="button"
                className="button"
                disabled={busy}
                onClick={() => void decide({ decision: 'send-back', ...said, ...(of && { phase: of.name }) })}
              >
                Send {isEarlier ? `${shown.name} ` : ''}back{drafts.length > 0 && ` with ${comments}`}
              </button>
            )}
            {!isEarlier && flow.state !== 'waiting' && !sure && (
              <button type="button" className="button" disabled={busy} onClick={() => setSure(true)}>
                Throw away
              </button>
            )}
            {!isEarlier && flow.state !== 'waiting' && sure && (
              <span className="flex flex-wrap items-center gap-2 text-sm">
                What it made and changed is taken back.
                <button
                  type="button"
                  className="button"
                  disabled={busy}
                  // biome-ignore lint/a11y/noAutofocus: it takes the place of the button that was pressed
                  autoFocus
                  onClick={() => void decide({ decision: 'discard', ...said })}
                >
                  Throw it away
                </button>
                <button type="button" className="button" onClick={() => setSure(false)}>
                  Keep it
                </button>
              </span>
            )}
            {!isEarlier && flow.state !== 'needs-you' && (
              <button
                type="button"
                className="button"
                disabled={busy}
                onClick={() => void decide({ decision: 'resume' })}
              >
                Go on
              </button>
            )}
          </div>
          {isEarlier && flow.phases.some(({ thread }, at) => thread && at > flow.phases.indexOf(shown)) && (
            <p className="text-sm text-quiet">What came after {shown.name} begins afresh.</p>
          )}
        </>
      )}
      {error && (
        <p role="alert" className="text-sm text-bad">
          {error}
          {/approve it anyway\.$/i.test(error) && (
            <button type="button" className="button ml-2" disabled={busy} onClick={() => void approve(true)}>
              Approve anyway
            </button>
          )}
        </p>
      )}
    </section>
  );
}
