import { type ReactNode, useState } from 'react';
import type { ShownThread } from '../../server/index.ts';
import { api, read } from '../api.ts';
import { go } from '../route.ts';
import { useStore } from '../state.ts';
import { useSend } from './answer.tsx';
import { Problem } from './problem.tsx';
import { PromptField } from './prompt-field.tsx';
import { ShareForm } from './share.tsx';

/** Other ways to go on from a thread: a fork, a fresh session from its notes, another attempt held against it. */
export function ThreadActions({ thread }: { thread: ShownThread }): ReactNode {
  const { send, busy, error } = useSend();
  const [sharing, setSharing] = useState(false);
  const [notes, setNotes] = useState<{ text: string; folder: string }>();
  const threads = useStore((state) => state.threads);
  if (thread.kind !== 'session') return null;
  const { id, repository, agent } = thread;
  const others = [...threads.values()]
    .filter(
      (one) =>
        one.kind === 'session' &&
        one.parent === undefined &&
        one.id !== id &&
        one.repository === repository &&
        one.activity.workspace !== undefined,
    )
    .sort((x, y) => y.updatedAt - x.updatedAt)
    .slice(0, 50);
  const fork = () =>
    send(async () =>
      go(`/thread/${(await read(api.threads[':id'].fork.$post({ param: { id }, json: {} }))).thread}`),
    );
  const handOff = (digest: boolean) =>
    send(async () => {
      const { text, folder } = await read(
        api.threads[':id'].handoff.$post({ param: { id }, json: { digest } }),
      );
      setNotes({ text, folder: folder ?? '' });
    });
  const start = ({ text, folder }: { text: string; folder: string }) =>
    send(async () => {
      const prompt = `Go on from these notes with their next step.\n\n<handoff>\n${text}\n</handoff>`;
      go(`/thread/${(await read(api.threads.$post({ json: { folder, prompt, worktree: false } }))).thread}`);
    });
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2 text-sm">
        {agent === 'kino' && (
          <button type="button" className="button" disabled={busy} onClick={() => void fork()}>
            Fork
          </button>
        )}
        <button
          type="button"
          className="button"
          disabled={busy}
          onClick={() => void handOff(agent !== 'kino')}
        >
          {busy ? 'Working …' : 'Hand off'}
        </button>
        <button type="button" className="button" aria-expanded={sharing} onClick={() => setSharing(!sharing)}>
          Share
        </button>
        {others.length > 0 && (
          <select
            aria-label="Compare with another attempt"
            className="button max-w-60"
            value=""
            onChange={({ target: { value } }) => go(`/compare/${id}/${value}`)}
          >
            <option value="" disabled>
              Compare with …
            </option>
            {others.map((one) => (
              <option key={one.id} value={one.id}>
                {one.title.slice(0, 60)} ({one.model ?? one.agent}, {one.id.slice(-6)})
              </option>
            ))}
          </select>
        )}
      </div>
      <Problem text={error} />
      {sharing && <ShareForm id={id} onClose={() => setSharing(false)} />}
      {notes && (
        <form
          className="card flex flex-col gap-2 p-3"
          onSubmit={(event) => {
            event.preventDefault();
            void start(notes);
          }}
        >
          <label htmlFor="handoff" className="text-sm font-medium">
            Notes that a fresh session starts from; change what is wrong
          </label>
          <PromptField
            id="handoff"
            className="min-h-60 font-mono font-normal"
            value={notes.text}
            onText={(text) => setNotes({ ...notes, text })}
          />
          <div className="flex gap-2">
            <button type="submit" className="button button-main" disabled={busy || notes.text.trim() === ''}>
              Start afresh from them
            </button>
            <button type="button" className="button" onClick={() => setNotes(undefined)}>
              Cancel
            </button>
          </div>
        </form>
      )}
    </div>
  );
}
