import { type ReactNode, useState } from 'react';
import { api, read } from '../api.ts';
import { useSend } from './answer.tsx';
import type { Change } from './diff-rows.ts';

/** What the repository's own validators said of the change. */
export function Validation({
  id,
  validation,
  onRan,
}: {
  id: string;
  validation: Change['validation'];
  onRan(): Promise<void>;
}): ReactNode {
  const { send, busy, error } = useSend();
  const [none, setNone] = useState(false);
  const run = () =>
    send(async () => {
      const { results } = await read(api.threads[':id'].validate.$post({ param: { id } }));
      setNone(results.length === 0);
      await onRan();
    });
  const signs = {
    passed: ['✓', 'text-good'],
    failed: ['✗', 'text-bad'],
    'not-run': ['–', 'text-needs'],
  } as const;
  return (
    <section aria-label="Validators" className="flex flex-col gap-1 text-sm">
      <div className="flex flex-wrap items-center gap-2">
        <button type="button" className="button" disabled={busy} onClick={() => void run()}>
          {busy ? 'Validating …' : 'Validate'}
        </button>
        {none && <span className="text-quiet">The repository has no validators for these files.</span>}
        {validation?.isOld && <span className="text-quiet">Before the last work on it:</span>}
        {error && (
          <span role="alert" className="text-bad">
            {error}
          </span>
        )}
      </div>
      {validation?.results.map(({ name, result, output }) => (
        <details key={name}>
          <summary className={`cursor-pointer ${signs[result][1]}`}>
            <span aria-hidden="true">{signs[result][0]}</span> {name} {result}
          </summary>
          <pre className="max-h-72 overflow-auto rounded bg-raised p-2 font-mono text-xs whitespace-pre-wrap">
            {output.trimEnd() || 'It printed nothing.'}
          </pre>
        </details>
      ))}
    </section>
  );
}
