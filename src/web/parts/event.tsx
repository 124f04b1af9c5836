import { memo, type ReactNode, useState } from 'react';
import type { StoredEvent } from '../../thread/index.ts';
import { Link } from './link.tsx';
import { Markdown } from './markdown.tsx';

/** One thing of a thread as it is read: events that belong together are one. */
export type Item =
  | { kind: 'person'; seq: number; text: string; how?: string }
  | { kind: 'agent'; seq: number; text: string; reasoning?: string; streams: boolean }
  | { kind: 'tool'; seq: number; callId: string; tool: string; input: unknown; output?: string; ok?: boolean }
  | { kind: 'note'; seq: number; text: string; tone: 'quiet' | 'bad' | 'good'; to?: string };

/** What a thread's events say, in the order in which it is read. @param thread whose artifacts are led to */
export function itemsOf(events: readonly StoredEvent[], thread?: string): Item[] {
  const items: Item[] = [];
  const tools = new Map<string, Extract<Item, { kind: 'tool' }>>();
  const note = (seq: number, text: string, tone: 'quiet' | 'bad' | 'good' = 'quiet', to?: string) =>
    items.push({ kind: 'note', seq, text, tone, ...(to !== undefined && { to }) });
  for (const event of events) {
    const { seq } = event;
    const last = items.at(-1);
    switch (event.type) {
      case 'user.message':
        if (event.from !== 'kino')
          items.push({
            kind: 'person',
            seq,
            text: event.text,
            ...(event.delivery && { how: event.delivery }),
          });
        break;
      case 'assistant.delta':
        if (last?.kind === 'agent' && last.streams) {
          const added =
            event.channel === 'text'
              ? { text: last.text + event.text }
              : { reasoning: (last.reasoning ?? '') + event.text };
          items[items.length - 1] = { ...last, ...added };
        } else
          items.push({
            ...{ kind: 'agent', seq, streams: true, text: event.channel === 'text' ? event.text : '' },
            ...(event.channel === 'reasoning' && { reasoning: event.text }),
          });
        break;
      case 'assistant.message': {
        const whole = {
          ...{ kind: 'agent' as const, text: event.text, streams: false },
          ...(event.reasoning && { reasoning: event.reasoning }),
        };
        if (last?.kind === 'agent' && last.streams) items[items.length - 1] = { ...whole, seq: last.seq };
        else if (event.text !== '' || event.reasoning) items.push({ ...whole, seq });
        break;
      }
      case 'tool.started': {
        const item = {
          kind: 'tool' as const,
          seq,
          callId: event.callId,
          tool: event.tool,
          input: event.input,
        };
        tools.set(`${event.step}:${event.callId}`, item);
        items.push(item);
        break;
      }
      case 'tool.ended': {
        const item = tools.get(`${event.step}:${event.callId}`);
        if (item) Object.assign(item, { output: event.output, ok: event.ok });
        break;
      }
      case 'permission.decided':
        note(
          seq,
          `${event.outcome === 'allow' ? 'Allowed' : 'Refused'} ${event.tool}: ${event.reason}`,
          event.outcome === 'deny' ? 'bad' : 'quiet',
        );
        break;
      case 'question.answered':
        note(seq, `Answered: ${event.answer}`);
        break;
      case 'subagent.started':
        note(
          seq,
          `Handed on to ${event.agent} (${event.model ?? 'no model'}): ${event.task.split('\n', 1)[0]}`,
          'quiet',
          `/thread/${event.thread}`,
        );
        break;
      case 'context.compacted':
        note(seq, `Began anew from notes: ${event.reason}`);
        break;
      case 'artifact.written':
        note(
          seq,
          `Wrote ${event.title}, version ${event.version}`,
          'good',
          thread === undefined ? undefined : `/artifacts/${thread}`,
        );
        break;
      case 'warning':
        note(seq, event.message, 'bad');
        break;
      case 'thread.ended':
        note(seq, event.reason, event.status === 'done' ? 'good' : 'bad');
        break;
    }
  }
  return items;
}

export const EventItem = memo(function EventItem({ item }: { item: Item }): ReactNode {
  switch (item.kind) {
    case 'person':
      return (
        <div className="rounded-lg bg-raised px-3 py-2 whitespace-pre-wrap">
          {item.how && (
            <span className="text-xs text-quiet">{item.how === 'steer' ? 'meanwhile: ' : 'next: '}</span>
          )}
          {item.text}
        </div>
      );
    case 'agent':
      return (
        <div>
          {item.reasoning && (
            <details className="text-sm text-quiet">
              <summary className="cursor-pointer">Thoughts</summary>
              <p className="whitespace-pre-wrap">{item.reasoning}</p>
            </details>
          )}
          {item.streams ? <p className="whitespace-pre-wrap">{item.text}</p> : <Markdown text={item.text} />}
        </div>
      );
    case 'tool':
      return <ToolItem item={item} />;
    case 'note': {
      const colour = { quiet: 'text-quiet', bad: 'text-bad', good: 'text-good' }[item.tone];
      const text = <p className={`text-sm ${colour}`}>{item.text}</p>;
      return item.to === undefined ? (
        text
      ) : (
        <Link to={item.to} className="block underline">
          {text}
        </Link>
      );
    }
  }
});

function ToolItem({ item }: { item: Extract<Item, { kind: 'tool' }> }): ReactNode {
  const [open, setOpen] = useState(false);
  const sign = item.ok === undefined ? '▸' : item.ok ? '✓' : '✗';
  const words = Object.values((item.input ?? {}) as Record<string, unknown>).find(
    (value) => typeof value === 'string',
  );
  return (
    <div className="min-w-0">
      <button
        type="button"
        aria-expanded={open}
        className="flex min-h-6 w-full cursor-pointer items-baseline gap-2 rounded text-left font-mono text-sm hover:bg-raised"
        onClick={() => setOpen(!open)}
      >
        <span className={item.ok === false ? 'text-bad' : 'text-quiet'}>
          <span className="sr-only">{item.ok === undefined ? 'runs' : item.ok ? 'done' : 'failed'}: </span>
          <span aria-hidden="true">{sign}</span>
        </span>
        <span className="font-semibold">{item.tool}</span>
        <span className="min-w-0 truncate text-quiet">
          {((words as string | undefined) ?? '').split('\n', 1)[0]}
        </span>
      </button>
      {open && (
        <pre className="max-h-96 overflow-auto rounded-md bg-raised p-2 font-mono text-xs whitespace-pre-wrap">
          {JSON.stringify(item.input, null, 2)}
          {item.output !== undefined && `\n\n${item.output}`}
        </pre>
      )}
    </div>
  );
}
