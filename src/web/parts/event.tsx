import { memo, type ReactNode, useState } from 'react';
import type { Item } from './items.ts';
import { Link } from './link.tsx';
import { Markdown } from './markdown.tsx';

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
  const tasks = tasksOf(item);
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
        <span className="shrink-0 font-semibold">{item.tool}</span>
        <span className="min-w-0 break-all text-quiet sm:truncate">
          {((words as string | undefined) ?? '').split('\n', 1)[0]}
        </span>
      </button>
      {tasks.length > 0 && !open && (
        <ul className="pl-6 text-sm text-quiet">
          {tasks.map(({ text, status }) => (
            <li key={text} className={status === 'in_progress' ? 'text-ink' : ''}>
              <span aria-hidden="true">{status === 'done' ? '✓' : status === 'in_progress' ? '▸' : '·'}</span>{' '}
              <span className="sr-only">{status.replace('_', ' ')}: </span>
              {text}
            </li>
          ))}
        </ul>
      )}
      {open && (
        <pre className="max-h-96 overflow-auto rounded-md bg-raised p-2 font-mono text-xs whitespace-pre-wrap">
          {JSON.stringify(item.input, null, 2)}
          {item.output !== undefined && `\n\n${item.output}`}
        </pre>
      )}
    </div>
  );
}

/** What an agent has put on its list. */
function tasksOf({ tool, input }: Extract<Item, { kind: 'tool' }>): { text: string; status: string }[] {
  const items = (input as { items?: unknown } | null)?.items;
  if (tool !== 'todo' || !Array.isArray(items)) return [];
  return items.flatMap((one: unknown) => {
    const { text, status } = (one ?? {}) as { text?: unknown; status?: unknown };
    return typeof text === 'string' && typeof status === 'string' ? [{ text, status }] : [];
  });
}
