import type { ReactNode, Ref } from 'react';
import type { ShownThread } from '../../server/index.ts';
import { api, read } from '../api.ts';
import { useSend } from './answer.tsx';
import { ContextMeter, elapsed, Facts } from './facts.tsx';
import { needsYouWithin } from './kin.ts';
import { Link } from './link.tsx';
import { needsYou } from './needs.ts';

const WORDS: Record<ShownThread['status'], string> = {
  running: 'works',
  done: 'done',
  failed: 'failed',
  exhausted: 'out of budget',
  interrupted: 'stopped',
  lost: 'was killed',
};

/** What a thread is at, in a word and a sign; colour says nothing alone. */
export function Status({
  thread,
  needs = needsYou(thread),
}: {
  thread: ShownThread;
  /** It, or a part of it, waits for the person. */
  needs?: boolean;
}): ReactNode {
  const [sign, colour] = needs
    ? ['?', 'text-needs']
    : thread.status === 'running'
      ? ['▸', 'text-accent']
      : thread.status === 'done'
        ? ['✓', 'text-good']
        : thread.status === 'interrupted'
          ? ['‖', 'text-quiet']
          : ['✗', 'text-bad'];
  return (
    <span className={`inline-flex items-center gap-1 whitespace-nowrap font-medium ${colour}`}>
      <span aria-hidden="true">{sign}</span>
      {needs ? 'needs you' : WORDS[thread.status]}
    </span>
  );
}

export function ThreadLine({
  thread,
  clash = [],
  parts = [],
  place,
  className = '',
  ref,
}: {
  thread: ShownThread;
  /** In a list of which only a part is in the page. */
  place?: { at: number; of: number };
  className?: string;
  ref?: Ref<HTMLLIElement>;
  /** Files that another agent changes as well. */
  clash?: readonly string[];
  /** Phases and sub-agents of it. */
  parts?: readonly ShownThread[];
}): ReactNode {
  const { activity } = thread;
  const repository = thread.repository?.split('/').at(-1);
  const working = parts.filter(({ status }) => status === 'running');
  const waiting = [thread, ...working].flatMap((one) => one.activity.waiting);
  const needs = needsYouWithin(thread, parts);
  const broken = [thread, ...parts].flatMap((one) => one.activity.broken ?? []);
  return (
    <li
      ref={ref}
      className={className}
      {...(place && { 'data-index': place.at, 'aria-posinset': place.at + 1, 'aria-setsize': place.of })}
    >
      <div className={`card relative border-l-4 ${stripe(thread, needs)}`}>
        <Link
          to={`/${thread.kind === 'flow' ? 'flow' : 'thread'}/${thread.id}`}
          className="flex flex-col gap-1 rounded-lg p-3 hover:bg-raised"
        >
          <span className="flex flex-wrap items-baseline justify-between gap-x-3">
            <span className={`min-w-0 font-medium ${thread.status === 'running' ? 'max-sm:pr-16' : ''}`}>
              {thread.title}
            </span>
            <span className={`text-sm ${thread.status === 'running' ? 'sm:pr-16' : ''}`}>
              <Status thread={thread} needs={needs} />
            </span>
          </span>
          <span className="flex flex-wrap gap-x-3 text-sm text-quiet">
            {repository && <span>{repository}</span>}
            <span>{thread.model ?? thread.agent ?? thread.kind}</span>
            <Facts thread={thread} parts={parts} />
            {thread.status !== 'running' && <span className="ml-auto">{ago(thread.updatedAt)}</span>}
          </span>
          {thread.kind === 'flow' && parts.length > 0 && <Phases flow={thread} parts={parts} needs={needs} />}
          {thread.status === 'running' && activity.doing && waiting.length === 0 && (
            <span className="font-mono text-xs break-all text-quiet">{activity.doing}</span>
          )}
          {working.map((part) => (
            <span key={part.id} className="border-l-2 border-line pl-2 text-xs text-quiet">
              {[
                part.agent === 'kino' ? part.title : part.agent,
                part.model,
                ...(part.activity.costUsd === undefined ? [] : [`$${part.activity.costUsd.toFixed(2)}`]),
                elapsed(part),
              ].join(' · ')}{' '}
              {part.activity.context && <ContextMeter context={part.activity.context} />}
              {part.activity.doing && <span className="font-mono"> · {part.activity.doing}</span>}
            </span>
          ))}
          {waiting.length > 0 && <span className="text-sm text-needs">{waiting[0]!.what}</span>}
          {thread.status !== 'running' && activity.reason && thread.status !== 'done' && (
            <span className="text-sm text-quiet">{activity.reason}</span>
          )}
          {broken.length > 0 && <span className="text-sm text-bad">Does not pass: {broken.join(', ')}</span>}
          {clash.length > 0 && (
            <span className="text-sm text-bad">
              Another agent changes the same files: {clash.slice(0, 3).join(', ')}
            </span>
          )}
        </Link>
        {thread.status === 'running' && <Stop thread={thread} />}
      </div>
    </li>
  );
}

/** The phases of a flow as far as they were begun, the latest run of each. */
function Phases({
  flow,
  parts,
  needs,
}: {
  flow: ShownThread;
  parts: readonly ShownThread[];
  needs: boolean;
}): ReactNode {
  const own = parts.filter(({ parent }) => parent === flow.id).sort((a, b) => a.startedAt - b.startedAt);
  const phases = [...new Map(own.map((one) => [one.title.split(':', 1)[0]!, one])).entries()];
  return (
    <span className="flex flex-wrap gap-1.5 text-xs">
      {phases.map(([name, { status }], at) => {
        const isLast = at === phases.length - 1;
        const sign = status === 'running' ? '▸' : isLast && needs ? '?' : status === 'done' ? '✓' : '‖';
        return (
          <span key={name} className="rounded-full border border-line px-2 text-quiet">
            {sign} {name}
          </span>
        );
      })}
    </span>
  );
}

function stripe({ status }: ShownThread, needs: boolean): string {
  if (needs) return 'border-l-needs';
  if (status === 'running') return 'border-l-accent';
  if (status === 'done') return 'border-l-good';
  return status === 'interrupted' ? '' : 'border-l-bad';
}

/** When it was, from now; told anew when something changes. */
function ago(at: number): string {
  const minutes = Math.round((Date.now() - at) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  return hours < 36 ? `${hours} h ago` : `${Math.round(hours / 24)} d ago`;
}

function Stop({ thread }: { thread: ShownThread }): ReactNode {
  const { send, busy, error } = useSend();
  return (
    <span className="absolute top-2 right-2 flex flex-col items-end gap-1">
      <button
        type="button"
        className="button"
        aria-label={`Stop ${thread.title}`}
        disabled={busy}
        onClick={() => void send(() => read(api.threads[':id'].stop.$post({ param: { id: thread.id } })))}
      >
        Stop
      </button>
      {error && (
        <span role="alert" className="card max-w-60 p-1 text-xs text-bad">
          {error}
        </span>
      )}
    </span>
  );
}
