import type { InferResponseType } from 'hono/client';
import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { ApiError, api, read } from '../api.ts';
import { useSend } from './answer.tsx';
import { Problem } from './problem.tsx';

type Looked = Exclude<
  InferResponseType<(typeof api.threads)[':id']['share']['preview']['$post']>,
  { error: string }
>;

/** How long a link is good for. */
const DAYS = 7;

/** Shares a thread, or one of its artifacts: first it is shown what is scrubbed, then it is a file or a link. */
export function ShareForm({
  id,
  artifact,
  onClose,
}: {
  id: string;
  artifact?: string;
  onClose(): void;
}): ReactNode {
  const [hide, setHide] = useState('');
  const [looked, setLooked] = useState<Looked>();
  const [link, setLink] = useState<{ url: string; share: string; expiresAt: number }>();
  const { send, busy, error } = useSend();
  const json = {
    days: DAYS,
    hide: hide
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean),
    ...(artifact !== undefined && { artifact }),
  };
  const look = () =>
    send(async () => setLooked(await read(api.threads[':id'].share.preview.$post({ param: { id }, json }))));
  const save = () =>
    send(async () => {
      const response = await api.threads[':id'].share.file.$post({ param: { id }, json });
      if (!response.ok) throw new ApiError('It could not be made.', response.status);
      const url = URL.createObjectURL(await response.blob());
      Object.assign(document.createElement('a'), { href: url, download: `${artifact ?? id}.html` }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    });
  const makeLink = () =>
    send(async () => {
      const { path, share, expiresAt } = await read(
        api.threads[':id'].share.link.$post({ param: { id }, json }),
      );
      setLink({ url: new URL(path, location.href).href, share, expiresAt });
    });
  return (
    <section aria-label="Share" className="card flex flex-col gap-2 p-3 text-sm">
      <label className="flex flex-col gap-1 font-medium">
        Further words that nobody is to see, one a line
        <textarea
          className="field font-mono font-normal"
          rows={2}
          value={hide}
          onChange={({ target: { value } }) => {
            setHide(value);
            setLooked(undefined);
            setLink(undefined);
          }}
        />
      </label>
      {looked && (
        <div role="status" className="flex flex-col gap-1">
          <p>
            {looked.events} events, {looked.artifacts} artifacts.{' '}
            {looked.scrubbed.length === 0 ? 'Nothing in it looks like a secret.' : 'Scrubbed:'}
          </p>
          <ul>
            {looked.scrubbed.map(({ kind, hint, count }) => (
              <li key={`${kind} ${hint}`}>
                {kind} <code className="font-mono text-xs text-quiet">{hint}</code>, {count}{' '}
                {count === 1 ? 'place' : 'places'}
              </li>
            ))}
          </ul>
        </div>
      )}
      <div className="flex flex-wrap gap-2">
        <button
          type="button"
          className={`button ${looked ? '' : 'button-main'}`}
          disabled={busy}
          onClick={() => void look()}
        >
          See what is scrubbed
        </button>
        {looked && (
          <>
            <button type="button" className="button button-main" disabled={busy} onClick={() => void save()}>
              Save as a file
            </button>
            <button type="button" className="button" disabled={busy} onClick={() => void makeLink()}>
              Make a link for a week
            </button>
          </>
        )}
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
      </div>
      {link && (
        <p>
          Whoever has it can read it until {new Date(link.expiresAt).toLocaleDateString()}:{' '}
          <a className="text-accent underline" href={link.url} target="_blank" rel="noopener noreferrer">
            {link.url}
          </a>{' '}
          <button
            type="button"
            className="button"
            disabled={busy}
            onClick={() =>
              void send(async () => {
                await read(api.shares[':share'].$delete({ param: { share: link.share } }));
                setLink(undefined);
              })
            }
          >
            Take it back
          </button>
        </p>
      )}
      <Links id={id} made={link?.share} />
      <Problem text={error} />
    </section>
  );
}

/** The links to a thread that are good. @param made the one that was made last, which is told of already */
function Links({ id, made }: { id: string; made: string | undefined }): ReactNode {
  const [shares, setShares] = useState<
    readonly { id: string; thread: string; artifact?: string | undefined; expiresAt: number }[]
  >([]);
  const { send, busy, error } = useSend();
  const load = useCallback(
    () =>
      read(api.shares.$get()).then(
        (found) => setShares(found.shares.filter(({ thread }) => thread === id)),
        () => {},
      ),
    [id],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: with another link there are others
  useEffect(() => void load(), [load, made]);
  const others = shares.filter((share) => share.id !== made);
  if (others.length === 0 && !error) return null;
  return (
    <ul aria-label="Links" className="flex flex-col gap-1 border-t border-line pt-2">
      {others.map(({ id: share, artifact, expiresAt }) => (
        <li key={share} className="flex flex-wrap items-center gap-2 text-quiet">
          A link to {artifact ?? 'all of it'}, until {new Date(expiresAt).toLocaleDateString()}
          <button
            type="button"
            className="button"
            disabled={busy}
            onClick={() =>
              void send(async () => {
                await read(api.shares[':share'].$delete({ param: { share } }));
                await load();
              })
            }
          >
            Take it back
          </button>
        </li>
      ))}
      <Problem text={error} />
    </ul>
  );
}
