import { type ReactNode, useEffect } from 'react';
import type { ShownThread } from '../../server/index.ts';
import { PermissionForm, QuestionForm } from '../parts/answer.tsx';
import { Link } from '../parts/link.tsx';
import { needsYou } from '../parts/needs.ts';
import { followThread, useStore } from '../state.ts';

export function Inbox(): ReactNode {
  const threads = useStore((state) => state.threads);
  const waiting = [...threads.values()].filter(needsYou).sort((a, b) => a.updatedAt - b.updatedAt);
  return (
    <div className="flex flex-col gap-4">
      <h1 className="text-xl font-semibold">Inbox</h1>
      {waiting.length === 0 && <p className="text-quiet">Nothing needs you.</p>}
      {'Notification' in window && Notification.permission === 'default' && (
        <button
          type="button"
          className="button self-start"
          onClick={() => void Notification.requestPermission()}
        >
          Tell me when something needs me
        </button>
      )}
      {waiting.map((thread) => (
        <Item key={thread.id} thread={thread} />
      ))}
    </div>
  );
}

function Item({ thread }: { thread: ShownThread }): ReactNode {
  const known = useStore((state) => state.events.get(thread.id));
  useEffect(() => void followThread(thread.id), [thread.id]);
  const ids = new Set(thread.activity.waiting.map(({ callId }) => callId));
  const asked = (known?.events ?? []).filter(
    (event) =>
      (event.type === 'permission.requested' || event.type === 'question.asked') && ids.has(event.callId),
  );
  return (
    <article className="flex flex-col gap-2">
      <h2 className="font-medium">
        <Link to={`/${thread.kind === 'flow' ? 'flow' : 'thread'}/${thread.id}`} className="hover:underline">
          {thread.title}
        </Link>
      </h2>
      {thread.kind === 'flow' && <p className="text-needs">{thread.activity.reason}</p>}
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
