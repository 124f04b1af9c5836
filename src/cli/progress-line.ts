import { firstLine, headline, type ThreadEvent } from '../thread/index.ts';
import { dollars, seconds } from './output.ts';

const MAX_WORDS = 100;

/** What a person wants to know of an event while it happens. */
export function progressLine(event: ThreadEvent): string | undefined {
  switch (event.type) {
    case 'instructions.loaded':
      return `· read ${event.path}`;
    case 'model.retried':
      return `! ${event.reason} — trying again in ${seconds(event.delayMs / 1000)}`;
    case 'tool.started':
      return `· ${event.tool} ${headline(event.input, MAX_WORDS)}`;
    case 'tool.ended':
      return event.ok ? undefined : `  ✗ ${event.tool}: ${event.output.split('\n').at(-1)}`;
    case 'subagent.started':
      return `· ${event.agent} (${event.model ?? 'no model'}): ${firstLine(event.task, MAX_WORDS)}`;
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
