import type { InferResponseType } from 'hono/client';
import { type ReactNode, useEffect, useState } from 'react';
import type { ShownThread } from '../../server/index.ts';
import { api, read } from '../api.ts';
import { useSend } from './answer.tsx';
import { PreviewedApp } from './previewed-app.tsx';
import { Problem } from './problem.tsx';

type Answer = Exclude<InferResponseType<(typeof api.threads)[':id']['preview']['$get']>, { error: string }>;
export type Preview = NonNullable<Answer['preview']>;
type Start = Parameters<(typeof api.threads)[':id']['preview']['$post']>[0]['json'];

const POLL_MS = 700;
/** The app that a thread works on, beside it. */
export function PreviewPanel({ thread }: { thread: ShownThread }): ReactNode {
  const [answer, setAnswer] = useState<Answer>();
  const [asked, setAsked] = useState(0);
  const { send, busy, error } = useSend();
  const { id } = thread;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is read again when something was asked
  useEffect(() => {
    let current = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      const found = await read(api.threads[':id'].preview.$get({ param: { id } })).catch(() => undefined);
      if (!current) return;
      if (found) setAnswer(found);
      timer = setTimeout(look, found?.preview?.state === 'running' ? 5 * POLL_MS : POLL_MS);
    };
    void look();
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [id, asked]);
  const start = (json: Start) =>
    send(async () => {
      await read(api.threads[':id'].preview.$post({ param: { id }, json }));
      setAsked(asked + 1);
    });
  const stop = () =>
    send(async () => {
      await read(api.threads[':id'].preview.$delete({ param: { id } }));
      setAsked(asked + 1);
    });
  const preview = answer?.preview;
  return (
    <section aria-label="Preview" className="flex min-w-0 flex-col gap-2">
      {!answer && <p className="text-quiet">…</p>}
      {answer && !preview && <StartForm answer={answer} busy={busy} onStart={start} />}
      {preview && preview.url === undefined && (
        <div className="card flex flex-col gap-2 p-3 text-sm">
          <p role="status">
            {preview.state === 'starting' ? 'Waiting for it to listen …' : 'It has ended.'}{' '}
            <code className="font-mono">{preview.command}</code>
          </p>
          <pre className="max-h-60 overflow-auto rounded bg-raised p-2 font-mono text-xs whitespace-pre-wrap">
            {preview.output || 'It has printed nothing.'}
          </pre>
          <button type="button" className="button self-start" disabled={busy} onClick={() => void stop()}>
            {preview.state === 'starting' ? 'Stop' : 'Another command'}
          </button>
        </div>
      )}
      {preview?.url !== undefined && (
        <PreviewedApp
          key={preview.url}
          thread={thread}
          preview={preview}
          url={preview.url}
          onStop={() => void stop()}
        />
      )}
      <Problem text={error} />
    </section>
  );
}

function StartForm({
  answer: { suggestions, found },
  busy,
  onStart,
}: {
  answer: Answer;
  busy: boolean;
  onStart(start: Start): Promise<boolean>;
}): ReactNode {
  const [command, setCommand] = useState(suggestions[0] ?? '');
  return (
    <form
      className="card flex flex-col gap-2 p-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (command.trim() !== '') void onStart({ serve: 'command', command });
      }}
    >
      {found.map(({ command: own, port }) => (
        <button
          key={port}
          type="button"
          className="button"
          disabled={busy}
          onClick={() => void onStart({ serve: 'job', port })}
        >
          Show what the agent serves at port {port} <code className="font-mono text-xs break-all">{own}</code>
        </button>
      ))}
      <label className="flex flex-col gap-1 text-sm font-medium">
        Command that serves it
        <input
          className="field font-mono font-normal"
          list="dev-servers"
          placeholder="npm run dev"
          value={command}
          onChange={({ target: { value } }) => setCommand(value)}
        />
        <datalist id="dev-servers">
          {suggestions.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      </label>
      <p className="text-sm text-quiet">It runs in the workspace, in a sandbox of its own.</p>
      <div className="flex flex-wrap gap-2">
        <button type="submit" className="button button-main" disabled={busy || command.trim() === ''}>
          Start
        </button>
        <button
          type="button"
          className="button"
          disabled={busy}
          onClick={() => void onStart({ serve: 'pages' })}
        >
          Just show its pages
        </button>
      </div>
    </form>
  );
}
