import type { InferResponseType } from 'hono/client';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { api, read } from '../api.ts';
import { Diff } from '../parts/diff.tsx';
import { rowsOf } from '../parts/diff-rows.ts';
import { Link } from '../parts/link.tsx';
import { Markdown } from '../parts/markdown.tsx';
import { Problem } from '../parts/problem.tsx';

type Comparison = Exclude<InferResponseType<(typeof api.compare)['$get']>, { error: string }>;
type Attempt = Comparison['a'];

/** Two attempts at a piece of work, side by side. */
export function ComparePage({ a, b }: { a: string; b: string }): ReactNode {
  const [comparison, setComparison] = useState<Comparison>();
  const [error, setError] = useState('');
  useEffect(() => {
    let current = true;
    read(api.compare.$get({ query: { a, b } })).then(
      (found) => current && setComparison(found),
      (reason: Error) => current && setError(reason.message),
    );
    return () => {
      current = false;
    };
  }, [a, b]);
  if (error) return <Problem text={error} />;
  if (!comparison) return <p className="text-quiet">…</p>;
  return (
    <div className="flex flex-col gap-4">
      <h1 className="text-xl font-semibold">Two attempts</h1>
      <div className="grid gap-4 md:grid-cols-2">
        <AttemptCard name="A" attempt={comparison.a} />
        <AttemptCard name="B" attempt={comparison.b} />
      </div>
      <Files {...comparison} />
      <Between between={comparison.between} />
    </div>
  );
}

function AttemptCard({ name, attempt }: { name: string; attempt: Attempt }): ReactNode {
  const { thread, title, model, agent, status, steps, costUsd, seconds, answer, files, slop } = attempt;
  const count = (of: 'added' | 'removed') => files.reduce((sum, file) => sum + file[of], 0);
  const added = Object.entries(slop).filter(([, delta]) => delta !== 0);
  const facts: [string, ReactNode][] = [
    ['who', model ?? agent ?? 'nobody'],
    ['ended', status],
    ['steps', steps],
    ['cost', costUsd === undefined ? 'unknown' : `$${costUsd.toFixed(2)}`],
    ['time', seconds < 100 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`],
    ['files', `${files.length}, +${count('added')} −${count('removed')}`],
    [
      'slop',
      added.length === 0
        ? 'none'
        : added.map(([kind, delta]) => `${delta > 0 ? '+' : '−'}${Math.abs(delta)} ${kind}`).join(', '),
    ],
  ];
  return (
    <article aria-label={`Attempt ${name}`} className="card flex min-w-0 flex-col gap-2 p-4">
      <h2 className="font-semibold">
        {name}:{' '}
        <Link to={`/thread/${thread}`} className="text-accent underline">
          {title}
        </Link>
      </h2>
      <dl className="grid grid-cols-[5rem_minmax(0,1fr)] gap-x-2 text-sm">
        {facts.map(([term, value]) => (
          <div key={term} className="contents">
            <dt className="text-quiet">{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {answer !== '' && (
        <div className="max-h-72 overflow-y-auto border-t border-line pt-2 text-sm">
          <Markdown text={answer} />
        </div>
      )}
      <Link to={`/changes/${thread}`} className="text-sm text-accent underline">
        Review {name}
      </Link>
    </article>
  );
}

/** Who changed which file, and by how much. */
function Files({ a, b }: Comparison): ReactNode {
  const paths = [...new Set([...a.files, ...b.files].map(({ path }) => path))].sort();
  if (paths.length === 0) return null;
  const size = ({ files }: Attempt, path: string) => {
    const file = files.find((one) => one.path === path);
    return file ? `+${file.added} −${file.removed}` : '';
  };
  return (
    <div className="overflow-x-auto">
      <table className="w-full text-left text-sm">
        <thead className="text-quiet">
          <tr>
            <th className="py-1 font-medium">file</th>
            <th className="font-medium">A</th>
            <th className="font-medium">B</th>
          </tr>
        </thead>
        <tbody>
          {paths.map((path) => (
            <tr key={path} className="border-t border-line">
              <td className="py-1 font-mono text-xs">{path}</td>
              <td className="whitespace-nowrap">{size(a, path)}</td>
              <td className="whitespace-nowrap">{size(b, path)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Between({ between }: { between: Comparison['between'] }): ReactNode {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => rowsOf(between, closed), [between, closed]);
  if (between.files.length === 0) return <p className="text-quiet">Both have made the same of the files.</p>;
  const onToggle = (path: string) => {
    const next = new Set(closed);
    if (!next.delete(path)) next.add(path);
    setClosed(next);
  };
  return (
    <section aria-label="From A to B" className="flex flex-col gap-2">
      <h2 className="font-semibold">From A to B</h2>
      <Diff rows={rows} actions={{ onToggle }} />
    </section>
  );
}
