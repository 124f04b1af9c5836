import type { InferResponseType } from 'hono/client';
import { type ReactNode, useEffect, useState } from 'react';
import { api, read } from '../api.ts';
import type { ShownHunk } from './diff-rows.ts';
import { Link } from './link.tsx';

type Origins = Exclude<
  InferResponseType<(typeof api.threads)[':id']['changes']['origins']['$get']>,
  { error: string }
>['origins'];

/** Who made a hunk, at which step of which thread, and what they had been asked. */
export function Why({
  id,
  against,
  hunk,
  onClose,
}: {
  id: string;
  against: string;
  hunk: ShownHunk;
  onClose(): void;
}): ReactNode {
  const [origins, setOrigins] = useState<Origins>();
  const [error, setError] = useState('');
  const { path } = hunk.file;
  useEffect(() => {
    let current = true;
    read(
      api.threads[':id'].changes.origins.$get({
        param: { id },
        query: { path, ...(against !== '' && { against }) },
      }),
    ).then(
      (found) => current && setOrigins(found.origins),
      (reason: Error) => current && setError(reason.message),
    );
    return () => {
      current = false;
    };
  }, [id, path, against]);
  const found = origins?.[hunk.id] ?? [];
  return (
    <section aria-label="Why it is there" className="card flex flex-col gap-2 border-accent p-3 text-sm">
      <div className="flex items-baseline justify-between gap-2">
        <p className="min-w-0 font-mono text-xs break-all text-quiet">
          {path}, {hunk.place}
        </p>
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
      </div>
      {error && <p className="text-bad">{error}</p>}
      {!origins && !error && <p className="text-quiet">…</p>}
      {origins && found.length === 0 && <p>No recorded step made it: a person did, or another program.</p>}
      {found.map(({ thread, title, step, lines, prompt, agent, model, parent }) => (
        <article
          key={`${thread}:${step}`}
          aria-label={`${title}, step ${step}`}
          className="flex flex-col gap-1"
        >
          <p>
            {lines} {lines === 1 ? 'line' : 'lines'} by step {step} of{' '}
            <Link to={`/thread/${thread}`} className="text-accent underline">
              {title}
            </Link>
            <span className="text-quiet"> ({model ?? agent})</span>
            {parent !== undefined && (
              <>
                {', a part of '}
                <Link to={`/flow/${parent}`} className="text-accent underline">
                  this flow
                </Link>
                , with its plan
              </>
            )}
          </p>
          {prompt !== '' && (
            <blockquote className="max-h-40 overflow-y-auto border-l-2 border-line pl-2 whitespace-pre-wrap text-quiet">
              {prompt}
            </blockquote>
          )}
        </article>
      ))}
    </section>
  );
}
