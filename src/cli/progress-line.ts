import type { ThreadEvent } from '../thread/index.ts';
import { dollars, seconds } from './output.ts';

/** What a person wants to know of an event while it happens. */
export function progressLine(event: ThreadEvent): string | undefined {
  switch (event.type) {
    case 'instructions.loaded':
      return `· read ${event.path}`;
    case 'model.retried':
      return `! ${event.reason} — trying again in ${seconds(event.delayMs / 1000)}`;
    case 'tool.started':
      return `· ${event.tool} ${headline(event.input)}`;
    case 'tool.ended':
      return event.ok ? undefined : `  ✗ ${event.tool}: ${event.output.split('\n').at(-1)}`;
    case 'subagent.started':
      return `· ${event.agent} (${event.model ?? 'no model'}): ${event.task.split('\n', 1)[0]!.slice(0, 100)}`;
    case 'subagent.ended':
      return `  ${event.status} after ${event.steps} steps, ${seconds(event.durationMs / 1000)}, cost ${dollars(event.costUsd)}`;
    case 'context.folded':
      return `· folded ${event.results.length} old results away (${event.tokens} tokens)`;
    case 'context.compacted':
      return `· began anew from notes: ${event.reason}${event.file === undefined ? '' : ` (${event.file})`}`;
    case 'warning':
      return `! ${event.message}`;
    default:
      return undefined;
  }
}

/** What tells one call from another, on one line. */
function headline(input: unknown): string {
  const values = Object.values((input ?? {}) as Record<string, unknown>).filter(
    (value) => typeof value === 'string',
  );
  return (values[0] ?? '').split('\n', 1)[0]!.slice(0, 100);
}
