import type { StoredEvent } from '../../thread/index.ts';

/** One thing of a thread as it is read: events that belong together are one. */
export type Item =
  | { kind: 'person'; seq: number; text: string; how?: string }
  | { kind: 'agent'; seq: number; text: string; reasoning?: string; streams: boolean }
  | { kind: 'tool'; seq: number; callId: string; tool: string; input: unknown; output?: string; ok?: boolean }
  | { kind: 'note'; seq: number; text: string; tone: 'quiet' | 'bad' | 'good'; to?: string };

/** What was made of a thread's events, to be gone on with when there are more of them. */
export interface Items {
  /** In the order in which they are read; one that has not changed is the same object as before. */
  items: readonly Item[];
  readonly events: readonly StoredEvent[];
  /** Where the calls of tools are among them. */
  readonly tools: ReadonlyMap<string, number>;
}

/**
 * What a thread's events say, in the order in which it is read. While an agent works they come by the dozen: only those that
 * are new are looked at.
 *
 * @param thread whose artifacts are led to
 * @param before what was made of the events that were there before
 */
export function itemsOf(events: readonly StoredEvent[], thread?: string, before?: Items): Items {
  const known = before?.events.length ?? 0;
  const goesOn =
    before !== undefined &&
    known > 0 &&
    events[0] === before.events[0] &&
    events[known - 1] === before.events[known - 1];
  const items = goesOn ? [...before.items] : [];
  const tools = new Map(goesOn ? before.tools : []);
  add(items, tools, goesOn ? events.slice(known) : events, thread);
  return { items, events, tools };
}

function add(
  items: Item[],
  tools: Map<string, number>,
  events: readonly StoredEvent[],
  thread: string | undefined,
): void {
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
        tools.set(`${event.step}:${event.callId}`, items.length);
        items.push(item);
        break;
      }
      case 'tool.ended': {
        const at = tools.get(`${event.step}:${event.callId}`) ?? -1;
        const item = items[at];
        if (item?.kind === 'tool') items[at] = { ...item, output: event.output, ok: event.ok };
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
        note(
          seq,
          event.reason,
          event.status === 'done' ? 'good' : event.status === 'interrupted' ? 'quiet' : 'bad',
        );
        break;
    }
  }
}
