import type { InferResponseType } from 'hono/client';
import { type ReactNode, useEffect, useState } from 'react';
import { api, read } from '../api.ts';
import { ArtifactView } from '../parts/artifact.tsx';
import { DecideForm } from '../parts/decide.tsx';
import { Facts } from '../parts/facts.tsx';
import { Link } from '../parts/link.tsx';
import { Problem } from '../parts/problem.tsx';
import { ShareForm } from '../parts/share.tsx';
import { useStore } from '../state.ts';

export type Flow = Exclude<InferResponseType<(typeof api.flows)[':id']['$get']>, { error: string }>;
export type Phase = Flow['phases'][number];

export function FlowPage({ id }: { id: string }): ReactNode {
  const threads = useStore((state) => state.threads);
  const [flow, setFlow] = useState<Flow>();
  const [chosen, setChosen] = useState<string>();
  const [sharing, setSharing] = useState(false);
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
  const work = phase.thread === null ? undefined : threads.get(phase.thread);
  return (
    <div className="flex flex-col gap-4">
      <div>
        <h1 className="text-xl font-semibold">{flow.title}</h1>
        {sharing && <ShareForm id={flow.id} onClose={() => setSharing(false)} />}
        <p className="flex flex-wrap items-center gap-x-3 text-sm text-quiet">
          <span>{flow.workflow}</span>
          <span>{flow.policy}</span>
          <span className="font-mono">{flow.workspace}</span>
          <Link to={`/changes/${phase.thread ?? flow.id}`} className="text-accent underline">
            What it changed
          </Link>
          <button
            type="button"
            className="button"
            aria-expanded={sharing}
            onClick={() => setSharing(!sharing)}
          >
            Share the flow
          </button>
        </p>
      </div>
      <ol aria-label="Phases" className="flex flex-wrap items-stretch gap-2">
        {flow.phases.map((one) => {
          const own = one.thread === null ? undefined : threads.get(one.thread);
          return (
            <li key={one.name} className="min-w-36 flex-1 basis-36">
              <button
                type="button"
                aria-pressed={one.name === shown}
                className={`card flex h-full w-full cursor-pointer flex-col gap-0.5 border-t-2 p-2 text-left text-sm hover:bg-raised ${one.name === shown ? 'border-accent bg-raised' : colourOf(one, flow)}`}
                onClick={() => setChosen(one.name)}
              >
                <span className="font-medium">
                  <span aria-hidden="true">{signOf(one, flow)}</span> {one.name}
                  <span className="sr-only">{wordOf(one, flow)}</span>
                  {one.runs > 1 && <span className="font-normal text-quiet"> begun {one.runs} times</span>}
                </span>
                {own && (
                  <span className="flex flex-wrap gap-x-2 text-xs text-quiet">
                    <Facts thread={own} />
                  </span>
                )}
              </button>
            </li>
          );
        })}
      </ol>
      {work && (
        <p className="flex flex-wrap gap-x-3 text-sm text-quiet">
          <span>{work.model ?? work.agent}</span>
          {work.status === 'running' && work.activity.doing && (
            <span className="font-mono break-all">{work.activity.doing}</span>
          )}
          <Link to={`/thread/${work.id}`} className="text-accent underline">
            How it was made
          </Link>
        </p>
      )}
      {phase.artifacts.length === 0 && <p className="text-quiet">{emptyWords(phase, flow)}</p>}
      {phase.artifacts.map((artifact) => (
        <ArtifactView key={artifact.name} artifact={artifact} />
      ))}
      {flow.state === 'stopped' && (
        <p className="text-bad">{flow.ended?.reason ?? threads.get(flow.id)?.activity.reason}</p>
      )}
      <DecideForm
        key={`${shown} ${flow.current} ${flow.state}`}
        flow={flow}
        shown={phase}
        onDecided={() => setChosen(undefined)}
      />
    </div>
  );
}

function colourOf(phase: Phase, { current, state }: Flow): string {
  if (phase.approved) return 'border-t-good';
  return phase.name === current && state === 'needs-you' ? 'border-t-needs' : '';
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
