import { type ReactNode, useRef, useState } from 'react';
import type { PermissionRequested, QuestionAsked } from '../../thread/index.ts';
import { ApiError, api, read } from '../api.ts';
import { PromptField } from './prompt-field.tsx';

/** Sends something, and says what the server has against it. */
export function useSend(): {
  send: (work: () => Promise<unknown>) => Promise<boolean>;
  busy: boolean;
  error: string;
} {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');
  // A second click comes before the button knows that it is not to be clicked.
  const working = useRef(false);
  const send = async (work: () => Promise<unknown>) => {
    if (working.current) return false;
    working.current = true;
    setBusy(true);
    setError('');
    try {
      await work();
      return true;
    } catch (reason) {
      setError(reason instanceof ApiError ? reason.message : String(reason));
      return false;
    } finally {
      working.current = false;
      setBusy(false);
    }
  };
  return { send, busy, error };
}

/** A call that waits for a yes or a no. */
export function PermissionForm({ thread, event }: { thread: string; event: PermissionRequested }): ReactNode {
  const { send, busy, error } = useSend();
  const [note, setNote] = useState('');
  const decide = (outcome: 'allow' | 'deny', scope: 'once' | 'session' | 'project' | 'user') =>
    send(() =>
      read(
        api.answers.$post({
          json: {
            ...{ kind: 'permission', thread, request: event.request ?? '', outcome, scope },
            ...(note.trim() !== '' && { note: note.trim() }),
          },
        }),
      ),
    );
  return (
    <section aria-label="Permission" className="card flex flex-col gap-2 border-needs p-3">
      <p>
        <b className="text-needs">May it run {event.tool}?</b>{' '}
        <span className="text-sm text-quiet">{event.reason}</span>
      </p>
      <pre className="max-h-60 overflow-auto rounded bg-raised p-2 font-mono text-sm whitespace-pre-wrap">
        {shownInput(event.input)}
      </pre>
      <div className="flex flex-wrap gap-2">
        <button
          type="button"
          className="button button-main"
          data-key="y"
          disabled={busy}
          onClick={() => decide('allow', 'once')}
        >
          Allow once <kbd>y</kbd>
        </button>
        {event.suggestions.length > 0 && (
          <>
            <button
              type="button"
              className="button"
              data-key="a"
              disabled={busy}
              onClick={() => decide('allow', 'session')}
            >
              Allow {event.suggestions.join(', ')} in this session <kbd>a</kbd>
            </button>
            <button
              type="button"
              className="button"
              data-key="p"
              disabled={busy}
              onClick={() => decide('allow', 'project')}
            >
              … in this project <kbd>p</kbd>
            </button>
            <button type="button" className="button" disabled={busy} onClick={() => decide('allow', 'user')}>
              … always
            </button>
          </>
        )}
        <button
          type="button"
          className="button"
          data-key="x"
          disabled={busy}
          onClick={() => decide('deny', 'once')}
        >
          Refuse <kbd>x</kbd>
        </button>
      </div>
      <PromptField
        rows={1}
        aria-label="Note"
        placeholder="Say why, or what to do instead"
        value={note}
        onText={setNote}
      />
      {error && <p className="text-sm text-bad">{error}</p>}
    </section>
  );
}

function shownInput(input: unknown): string {
  const { command } = (input ?? {}) as { command?: unknown };
  return typeof command === 'string' ? command : JSON.stringify(input, null, 2);
}

/** A question of the agent. */
export function QuestionForm({ thread, event }: { thread: string; event: QuestionAsked }): ReactNode {
  const { send, busy, error } = useSend();
  const answer = (text: string) =>
    send(() =>
      read(
        api.answers.$post({ json: { kind: 'question', thread, request: event.request ?? '', answer: text } }),
      ),
    );
  return (
    <section aria-label="Question" className="card flex flex-col gap-2 border-needs p-3">
      <p className="font-medium">{event.question}</p>
      <div className="flex flex-wrap gap-2">
        {event.options.map((option, at) => (
          <button
            key={option}
            type="button"
            className="button"
            data-key={at + 1}
            disabled={busy}
            onClick={() => answer(option)}
          >
            {option} <kbd>{at + 1}</kbd>
          </button>
        ))}
      </div>
      <OwnAnswer busy={busy} onAnswer={(text) => void answer(text)} />
      {error && <p className="text-sm text-bad">{error}</p>}
    </section>
  );
}

/** An answer of one's own, beside those that a question offers. */
export function OwnAnswer({
  busy,
  onAnswer,
}: {
  busy: boolean;
  onAnswer: (text: string) => void;
}): ReactNode {
  const [own, setOwn] = useState('');
  return (
    <form
      className="flex gap-2"
      onSubmit={(submit) => {
        submit.preventDefault();
        if (own.trim() !== '') onAnswer(own.trim());
      }}
    >
      <PromptField
        rows={1}
        aria-label="Another answer"
        placeholder="Another answer"
        value={own}
        onText={setOwn}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          event.currentTarget.form?.requestSubmit();
        }}
      />
      <button type="submit" className="button" disabled={busy || own.trim() === ''}>
        Answer
      </button>
    </form>
  );
}
