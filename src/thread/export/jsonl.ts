import type { StoredEvent } from '../event.ts';

/** A thread as JSON Lines: one event a line, in order, each with `seq` and `at`. */
export function toJsonl(events: readonly StoredEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}
