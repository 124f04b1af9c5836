import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Styles text for standard output; plain where it is no terminal or NO_COLOR is set. */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout, validateStream: true });
}

/** One JSON document on standard output, and nothing else. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export function print(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/** What agents, models and repositories wrote, without the control characters that would steer a terminal. */
export function plain(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}

export interface Column {
  title: string;
  align?: 'left' | 'right';
}

/** A table with aligned columns; its cells may be styled. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, column) =>
    Math.max(title.length, ...rows.map((row) => visibleLength(row[column] ?? ''))),
  );
  const line = (cells: readonly string[]) =>
    columns
      .map(({ align }, column) => {
        const cell = cells[column] ?? '';
        const space = ' '.repeat(widths[column]! - visibleLength(cell));
        return align === 'right' ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd();
  const head = paint('dim', line(columns.map(({ title }) => title)));
  return [head, ...rows.map(line)].join('\n');
}

function visibleLength(text: string): number {
  return [...text.replace(/\u001b\[[0-9;]*m/g, '')].length;
}

/** A bar of at most `width` characters for a share in 0..1, in eighths. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const rest = eighths % 8;
  return '█'.repeat(Math.floor(eighths / 8)) + (rest === 0 ? '' : '▏▎▍▌▋▊▉'[rest - 1]!);
}

/** Counts as a line of bars, the largest of full height. */
export function sparkline(counts: readonly number[]): string {
  const most = Math.max(1, ...counts);
  return counts.map((count) => '▁▂▃▄▅▆▇█'[Math.round((count / most) * 7)]).join('');
}

export function seconds(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (value < 0.1) return `${Math.round(value * 1000)} ms`;
  return value < 100 ? `${value.toFixed(1)} s` : `${Math.round(value / 60)} min`;
}

export function dollars(value: number | null | undefined): string {
  if (value === null || value === undefined) return 'unknown';
  return value === 0 ? '$0' : value < 0.01 ? `$${value.toFixed(4)}` : `$${value.toFixed(2)}`;
}

/** A share or reward as the field writes it: `.604`. */
export function fraction(value: number): string {
  const text = value.toFixed(3);
  return text.replace(/^(-?)0\./, '$1.');
}
