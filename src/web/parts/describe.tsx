import { type ReactNode, useState } from 'react';
import { api, read } from '../api.ts';
import { useSend } from './answer.tsx';

/** Asks a model for a better tour; and what a pull request would say: into the clipboard, or opened with `gh`. */
export function Describe({
  id,
  isGuided,
  onGuided,
}: {
  id: string;
  isGuided: boolean;
  onGuided(): Promise<void>;
}): ReactNode {
  const { send, busy, error } = useSend();
  const [done, setDone] = useState<{ text: string; url?: string }>();
  const copy = () =>
    send(async () => {
      const { title, body } = await read(api.threads[':id'].description.$get({ param: { id } }));
      await navigator.clipboard.writeText(`${title}\n\n${body}`);
      setDone({ text: 'The description is in the clipboard.' });
    });
  const open = () =>
    send(async () => {
      const { url } = await read(api.threads[':id']['pull-request'].$post({ param: { id } }));
      setDone({ text: 'It is opened:', url });
    });
  const guide = () =>
    send(async () => {
      await read(api.threads[':id'].tour.$post({ param: { id } }));
      await onGuided();
    });
  return (
    <div className="flex flex-wrap items-center gap-2 text-sm">
      <button type="button" className="button" disabled={busy} onClick={() => void guide()}>
        {busy ? 'Working …' : isGuided ? 'Guide me anew' : 'Let a model guide me'}
      </button>
      <button type="button" className="button" disabled={busy} onClick={() => void copy()}>
        Copy a description
      </button>
      <button type="button" className="button" disabled={busy} onClick={() => void open()}>
        Open a pull request
      </button>
      {done && (
        <span role="status" className="text-good">
          {done.text}{' '}
          {done.url !== undefined && /^https:/.test(done.url) && (
            <a href={done.url} target="_blank" rel="noopener noreferrer" className="underline">
              {done.url}
            </a>
          )}
        </span>
      )}
      {error && (
        <span role="alert" className="text-bad">
          {error}
        </span>
      )}
    </div>
  );
}
