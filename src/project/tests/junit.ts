import { parseJUnit } from './junit-report.ts';
import type { TestRunner } from './runner.ts';

/** Any other command that leaves JUnit XML. It runs the whole suite each time: nobody knows how it names files. */
export const junit: TestRunner = {
  name: 'junit',
  shuffles: false,
  command: ({ plan }) => ({ argv: ['sh', '-c', plan.command ?? 'false'], folder: plan.folder, env: {} }),
  parse: (results) => parseJUnit([...results.values()]),
};
