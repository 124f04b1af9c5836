import type { InferResponseType } from 'hono/client';
import { type ReactNode, useEffect, useState } from 'react';
import { api, read } from '../api.ts';
import { Link } from '../parts/link.tsx';
import { Problem } from '../parts/problem.tsx';

type Report = Exclude<InferResponseType<(typeof api.team)['$get']>, { error: string }>;
type Member = Report['members'][number];

/** Who had what done, and what of it still stands. */
export function TeamPage(): ReactNode {
  const [report, setReport] = useState<Report>();
  const [days, setDays] = useState('30');
  const [error, setError] = useState('');
  useEffect(() => {
    let current = true;
    read(api.team.$get({ query: { days } })).then(
      (found) => current && setReport(found),
      (reason: Error) => current && setError(reason.message),
    );
    return () => {
      current = false;
    };
  }, [days]);
  if (error) return <Problem text={error} />;
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-baseline justify-between gap-3">
        <h1 className="text-xl font-semibold">Team</h1>
        <label className="flex items-center gap-2 text-sm">
          Lines kept after
          <select className="button" value={days} onChange={({ target: { value } }) => setDays(value)}>
            {['0', '7', '30', '90'].map((one) => (
              <option key={one} value={one}>
                {one} days
              </option>
            ))}
          </select>
        </label>
      </div>
      {!report && <p className="text-quiet">…</p>}
      {report?.members.length === 0 && <p className="text-quiet">Nothing has been worked on yet.</p>}
      {report?.members.map((member) => (
        <MemberCard key={member.person} member={member} />
      ))}
    </div>
  );
}

function MemberCard({ member }: { member: Member }): ReactNode {
  const { person, threads, done, failed, running, steps, costUsd, asked, kept, weeks } = member;
  const facts = [
    `${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    `${done} done`,
    `${failed} failed`,
    ...(running > 0 ? [`${running} at work`] : []),
    `${steps} steps`,
    costUsd === undefined ? 'cost unknown' : `$${costUsd.toFixed(2)}`,
  ];
  return (
    <article aria-label={person} className="card grid gap-4 p-4 md:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
      <div className="flex min-w-0 flex-col gap-2">
        <h2 className="font-semibold">{person}</h2>
        <p className="flex flex-wrap gap-x-3 text-sm text-quiet">
          {facts.map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
        <Weeks weeks={weeks} />
        <Kept kept={kept} />
      </div>
      <ul aria-label={`What ${person} asked`} className="flex min-w-0 flex-col gap-1 text-sm">
        {asked.map(({ thread, kind, title, status, at }) => (
          <li key={thread} className="flex min-w-0 gap-2">
            <span className="shrink-0 text-quiet">{new Date(at).toISOString().slice(0, 10)}</span>
            <Link
              to={`/${kind === 'flow' ? 'flow' : 'thread'}/${thread}`}
              className="min-w-0 flex-1 text-accent underline"
            >
              {title}
            </Link>
            <span className="shrink-0 text-quiet">{status}</span>
          </li>
        ))}
      </ul>
    </article>
  );
}

/** Threads begun a week, the last weeks. */
function Weeks({ weeks }: { weeks: readonly number[] }): ReactNode {
  const most = Math.max(1, ...weeks);
  return (
    <svg
      role="img"
      aria-label={`Threads begun in each of the last ${weeks.length} weeks: ${weeks.join(', ')}`}
      viewBox={`0 0 ${weeks.length * 12} 32`}
      preserveAspectRatio="xMinYMid"
      className="h-8 w-full max-w-64 fill-accent"
    >
      {weeks.map((count, at) => {
        const height = count === 0 ? 1 : Math.max(3, (count / most) * 30);
        // biome-ignore lint/suspicious/noArrayIndexKey: a week is its place
        return <rect key={at} x={at * 12} y={32 - height} width={10} height={height} rx={1} />;
      })}
    </svg>
  );
}

function Kept({ kept }: { kept: Member['kept'] }): ReactNode {
  if (!kept) return <p className="text-sm text-quiet">No work is old enough to say what was kept of it.</p>;
  const percent = (share: number) => Math.round(share * 100);
  const { mean, interval, n } = kept.share;
  return (
    <p className="text-sm">
      <b>{percent(mean)} %</b> of its lines still stand
      <span className="text-quiet">
        {' '}
        ({interval ? `${percent(interval[0])} to ${percent(interval[1])} %` : 'no interval'}; {n}{' '}
        {n === 1 ? 'thread' : 'threads'}, {kept.kept} of {kept.added} lines)
      </span>
    </p>
  );
}
