import type { Attempt, Comparison } from '../review/index.ts';
import { dollars, paint, plain, print, seconds, table } from './output.ts';
import { printTour, slopWords } from './print-change.ts';

/** Two attempts side by side, then what leads from the files of the first to those of the second. */
export function printComparison({ a, b, between }: Comparison): void {
  const count = (attempt: Attempt, of: 'added' | 'removed') =>
    attempt.files.reduce((sum, file) => sum + file[of], 0);
  const facts: [string, (attempt: Attempt) => string][] = [
    ['what', ({ title }) => plain(title).slice(0, 50)],
    ['who', ({ model, agent }) => plain(model ?? agent ?? 'nobody')],
    ['ended', ({ status }) => status],
    ['steps', ({ steps }) => String(steps)],
    ['cost', ({ costUsd }) => dollars(costUsd)],
    ['time', (attempt) => seconds(attempt.seconds)],
    ['files', (one) => `${one.files.length}, +${count(one, 'added')} −${count(one, 'removed')}`],
    ['slop', ({ slop }) => slopWords(slop).replace(/^; /, '') || 'none'],
  ];
  const columns = [{ title: '' }, { title: `A ${a.thread.slice(-6)}` }, { title: `B ${b.thread.slice(-6)}` }];
  print(
    table(
      columns,
      facts.map(([name, of]) => [name, of(a), of(b)]),
    ),
  );
  if (between.files.length === 0) print('\nBoth have made the same of the files.');
  else {
    print(paint('bold', '\nFrom A to B'));
    printTour(between);
  }
}
