import type { InferResponseType } from 'hono/client';
import { type ReactNode, useEffect, useState } from 'react';
import { api, read } from '../api.ts';
import { useSend } from '../parts/answer.tsx';
import { ArtifactView } from '../parts/artifact.tsx';
import { Link } from '../parts/link.tsx';
import { Problem } from '../parts/problem.tsx';
import { PromptField } from '../parts/prompt-field.tsx';
import { useStore } from '../state.ts';

type Flow = Exclude<InferResponseType<(typeof api.flows)[':id']['$get']>, { error: string }>;
type Phase = Flow['phases'][number];

export function FlowPage({ id }: { id: string }): ReactNode {
  const threads = useStore((state) => state.threads);
  const [flow, setFlow] = useState<Flow>();
  const [chosen, setChosen] = useState<string>();
  const [error, setError] = useState('');
  // Whatever changes of it or of its phases' threads is read anew.
  const stamp = [id, ...(flow?.phases.flatMap(({ thread }) => thread ?? []) ?? [])]
    .map((thread) => threads.get(thread)?.revision ?? 0)
    .join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the stamp says when to read again
  useEffect(() => {
    let current = true;
    read(api.flows[':id'].$get({ param: { id } })).then(
      (found) => current && setFlow(found),
      (reason: Error) => current && setError(reason.message),
    );
    return () => {
      current = false;
    };
  }, [id, stamp]);
  if (error) return <Problem text={error} />;
  if (!flow) return <p className="text-quiet">…</p>;
  const shown = chosen ?? flow.current ?? flow.phases.at(-1)!.name;
  const phase = flow.phases.find(({ name }) => name === shown)!;
  return (
    <div className="flex flex-col gap-4">
      <div>
        <h1 className="text-xl font-semibold">{flow.title}</h1>
        <p className="text-sm text-quiet">
          {flow.workflow} · {flow.policy} · <span className="font-mono">{flow.workspace}</span>{' '}
          <Link to={`/changes/${phase.thread ?? flow.id}`} className="text-accent underline">
            What it changed
          </Link>
        </p>
      </div>
      <ol aria-label="Phases" className="flex flex-wrap gap-2">
        {flow.phases.map((one) => (
          <li key={one.name}>
            <button
              type="button"
              aria-pressed={one.name === shown}
              className={`button ${one.name === shown ? 'border-accent' : ''}`}
              onClick={() => setChosen(one.name)}
            >
              <span aria-hidden="true">{signOf(one, flow)}</span> {one.name}
              <span className="sr-only">{wordOf(one, flow)}</span>
            </button>
          </li>
        ))}
      </ol>
      {phase.thread && (
        <Link to={`/thread/${phase.thread}`} className="self-start text-sm text-accent underline">
          How it was made
        </Link>
      )}
      {phase.artifacts.length === 0 && <p className="text-quiet">{emptyWords(phase, flow)}</p>}
      {phase.artifacts.map((artifact) => (
        <ArtifactView key={artifact.name} artifact={artifact} />
      ))}
      {flow.ended && flow.state === 'stopped' && <p className="text-bad">{flow.ended.reason}</p>}
      <Decide flow={flow} />
    </div>
  );
}

function signOf(phase: Phase, { current, state }: Flow): string {
  if (phase.approved) return '✓';
  if (phase.name !== current) return '·';
  return state === 'needs-you' ? '?' : state === 'working' ? '▸' : '‖';
}

function wordOf(phase: Phase, { current, state }: Flow): string {
  return phase.approved ? ' (approved)' : phase.name === current ? ` (${state})` : ' (to come)';
}

function emptyWords(phase: Phase, { current, state }: Flow): string {
  if (phase.name !== current) return 'It has made nothing yet.';
  return state === 'working' ? 'It is worked on.' : 'It has made nothing.';
}

/** What can be decided where the flow stands. */
function Decide({ flow }: { flow: Flow }): ReactNode {
  const { send, busy, error } = useSend();
  const [note, setNote] = useState('');
  if (flow.state === 'done') return <p className="text-good">All phases are approved.</p>;
  const current = flow.phases.find(({ name }) => name === flow.current)!;
  const drafts = current.artifacts.flatMap(({ comments }) =>
    comments.filter(({ status, anchor }) => status === 'draft' && anchor.kind !== 'question'),
  );
  const decide = (decision: 'approve' | 'send-back' | 'discard' | 'resume', anyway = false) =>
    send(async () => {
      const seen = {
        phase: current.name,
        versions: Object.fromEntries(current.artifacts.map(({ name, versions }) => [name, versions.length])),
      };
      const said = note.trim() === '' ? {} : { note: note.trim() };
      const json =
        decision === 'approve'
          ? { decision, anyway, ...seen, ...said }
          : decision === 'resume'
            ? { decision }
            : { decision, ...said };
      await read(api.flows[':id'].decisions.$post({ param: { id: flow.id }, json }));
      setNote('');
    });
  return (
    <section aria-label="Decide" className="card flex flex-col sm:sticky sm:bottom-2 gap-2 p-3">
      {flow.state === 'working' ? (
        <div className="flex flex-wrap items-center gap-2">
          <span role="status">{flow.current} is worked on.</span>
          {drafts.length > 0 && (
            <button
              type="button"
              className="button button-main"
              disabled={busy}
              onClick={() =>
                void send(() =>
                  read(api.threads[':id'].comments.send.$post({ param: { id: current.thread! } })),
                )
              }
            >
              Send {drafts.length} {drafts.length === 1 ? 'comment' : 'comments'} now
            </button>
          )}
        </div>
      ) : (
        <>
          <PromptField
            rows={1}
            aria-label="Note"
            placeholder="A note with your decision"
            value={note}
            onText={setNote}
          />
          <div className="flex flex-wrap gap-2">
            {flow.state === 'needs-you' && (
              <button
                type="button"
                className="button button-main"
                disabled={busy}
                onClick={() => void decide('approve')}
              >
                Approve {flow.current}
              </button>
            )}
            {flow.state !== 'waiting' && (
              <>
                <button
                  type="button"
                  className="button"
                  disabled={busy}
                  onClick={() => void decide('send-back')}
                >
                  Send back
                  {drafts.length > 0 &&
                    ` with ${drafts.length} ${drafts.length === 1 ? 'comment' : 'comments'}`}
                </button>
                <button
                  type="button"
                  className="button"
                  disabled={busy}
                  onClick={() => void decide('discard')}
                >
                  Throw away
                </button>
              </>
            )}
            {flow.state !== 'needs-you' && (
              <button type="button" className="button" disabled={busy} onClick={() => void decide('resume')}>
                Go on
              </button>
            )}
          </div>
        </>
      )}
      {error && (
        <p role="alert" className="text-sm text-bad">
          {error}
          {/not addressed/.test(error) && (
            <button
              type="button"
              className="button ml-2"
              disabled={busy}
              onClick={() => void decide('approve', true)}
            >
              Approve anyway
            </button>
          )}
        </p>
      )}
    </section>
  );
}
