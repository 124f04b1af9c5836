import { type ReactNode, useEffect } from 'react';
import type { ShownThread } from '../../server/index.ts';
import { api, read } from '../api.ts';
import { PermissionForm, QuestionForm, useSend } from '../parts/answer.tsx';
import { partName, rootOf } from '../parts/kin.ts';
import { Link } from '../parts/link.tsx';
import { askedNow, isNews, needsYou } from '../parts/needs.ts';
import { Problem } from '../parts/problem.tsx';
import { Telling } from '../parts/telling.tsx';
import { Status } from '../parts/thread-line.tsx';
import { go } from '../route.ts';
import { followThread, leaveThread, useStore } from '../state.ts';

export function Inbox(): ReactNode {
  const threads = useStore((state) => state.threads);
  const isRead = useStore((state) => state.isRead);
  const all = [...threads.values()].sort((a, b) => a.updatedAt - b.updatedAt);
  const waiting = all.filter(needsYou);
  const news = all.filter((thread) => isNews(thread) && !needsYou(thread)).reverse();
  return (
    <div className="flex flex-col gap-4">
      <h1 className="text-xl font-semibold">Inbox</h1>
      {isRead && waiting.length === 0 && <p className="text-quiet">Nothing needs you.</p>}
      <Telling />
      {waiting.map((thread) => (
        <Item key={thread.id} thread={thread} />
      ))}
      {news.length > 0 && (
        <section aria-label="Ended since you looked" className="flex flex-col gap-2">
          <div className="flex items-center justify-between gap-2">
            <h2 className="text-sm font-semibold text-quiet">Ended since you looked</h2>
            {news.length > 1 && <AllSeen threads={news} />}
          </div>
          {news.map((thread) => (
            <News key={thread.id} thread={thread} />
          ))}
        </section>
      )}
    </div>
  );
}

function AllSeen({ threads }: { threads: readonly ShownThread[] }): ReactNode {
  const { send, busy, error } = useSend();
  const see = () =>
    send(() => Promise.all(threads.map(({ id }) => read(api.threads[':id'].seen.$post({ param: { id } })))));
  return (
    <span className="flex flex-wrap items-center gap-2">
      <Problem text={error} />
      <button type="button" className="button" disabled={busy} onClick={() => void see()}>
        All {threads.length} seen
      </button>
    </span>
  );
}

function Item({ thread }: { thread: ShownThread }): ReactNode {
  const known = useStore((state) => state.events.get(thread.id));
  useEffect(() => {
    void followThread(thread.id);
    return () => leaveThread(thread.id);
  }, [thread.id]);
  const root = useStore((state) => rootOf(thread, state.threads));
  const asked = askedNow(thread, known?.events ?? []);
  return (
    <article className="flex flex-col gap-2">
      <h2 className="font-medium">
        <Link to={`/${thread.kind === 'flow' ? 'flow' : 'thread'}/${thread.id}`} className="hover:underline">
          {root.title}
        </Link>
        {root !== thread && <span className="font-normal text-quiet"> · {partName(thread, root)}</span>}
      </h2>
      {thread.kind === 'flow' && (
        <p className="card flex flex-wrap items-center justify-between gap-2 border-needs p-3 text-needs">
          {thread.activity.reason}
          <button type="button" className="button" data-key="o" onClick={() => go(`/flow/${thread.id}`)}>
            Read and decide <kbd>o</kbd>
          </button>
        </p>
      )}
      {asked.map((event) =>
        event.type === 'permission.requested' ? (
          <PermissionForm thread={thread.id} key={event.seq} event={event} />
        ) : event.type === 'question.asked' ? (
          <QuestionForm thread={thread.id} key={event.seq} event={event} />
        ) : null,
      )}
    </article>
  );
}

/** Work that has ended, and what its validators said. */
function News({ thread }: { thread: ShownThread }): ReactNode {
  const { send, busy, error } = useSend();
  const known = useStore((state) => state.events.get(thread.id));
  const { id, activity } = thread;
  const broken = activity.broken ?? [];
  const isBroken = broken.length > 0;
  useEffect(() => {
    if (!isBroken) return;
    void followThread(id);
    return () => leaveThread(id);
  }, [id, isBroken]);
  const ran = known?.events.findLast((event) => event.type === 'validators.ran');
  const see = () => send(() => read(api.threads[':id'].seen.$post({ param: { id } })));
  const goOn = () => send(() => read(api.threads[':id'].resume.$post({ param: { id } })));
  const mend = () =>
    send(async () => {
      const failed =
        ran?.type === 'validators.ran' ? ran.results.filter(({ result }) => result === 'failed') : [];
      const said = failed.map(({ command, output }) => `$ ${command}\n${output.slice(-4_000)}`).join('\n\n');
      const text = `The repository's own validators do not pass on your change. Mend what is wrong, not the validators:\n\n${said}`;
      await read(api.threads[':id'].messages.$post({ param: { id }, json: { text, delivery: 'prompt' } }));
    });
  return (
    <article className="card flex flex-col gap-2 p-3">
      <p className="flex flex-wrap items-baseline justify-between gap-x-3">
        <Link
          to={`/${thread.kind === 'flow' ? 'flow' : 'thread'}/${id}`}
          className="font-medium hover:underline"
        >
          {thread.title}
        </Link>
        <span className="text-sm">
          <Status thread={thread} />
        </span>
      </p>
      {thread.status !== 'done' && activity.reason && <p className="text-sm text-quiet">{activity.reason}</p>}
      {isBroken && <p className="text-sm text-bad">Does not pass: {broken.join(', ')}</p>}
      <div className="flex flex-wrap gap-2">
        <button type="button" className="button" data-key="s" disabled={busy} onClick={() => void see()}>
          Seen <kbd>s</kbd>
        </button>
        {/^(?:lost|failed|exhausted)$/.test(thread.status) &&
          thread.kind === 'session' &&
          thread.agent === 'kino' && (
            <button type="button" className="button" data-key="g" disabled={busy} onClick={() => void goOn()}>
              Go on where it was <kbd>g</kbd>
            </button>
          )}
        {isBroken && thread.agent === 'kino' && (
          <button
            type="button"
            className="button"
            data-key="m"
            disabled={busy || !ran}
            onClick={() => void mend()}
          >
            Let it mend that <kbd>m</kbd>
          </button>
        )}
      </div>
      <Problem text={error} />
    </article>
  );
}
