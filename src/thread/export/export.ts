import type { StoredEvent } from '../event.ts';

export const EXPORT_FORMATS = ['jsonl', 'atif'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** A thread in another format, as text that ends with a newline. @throws z.ZodError for events that no trajectory can hold */
export async function exportThread(
  format: ExportFormat,
  id: string,
  events: readonly StoredEvent[],
): Promise<string> {
  if (format === 'jsonl') return (await import('./jsonl.ts')).toJsonl(events);
  const { toAtif } = await import('./atif.ts');
  // Output that was cut may end in half a character, which strict readers refuse.
  const whole = (_key: string, value: unknown) => (typeof value === 'string' ? value.toWellFormed() : value);
  return `${JSON.stringify(toAtif(id, events), whole, 2)}\n`;
}
