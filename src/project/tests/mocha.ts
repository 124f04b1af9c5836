import { join } from 'node:path';
import { OWN_REPORT, parseOwnReport } from './own-report.ts';
import { fromFolder, type TestRunner } from './runner.ts';

/** Mocha of any version, by a reporter on its events: its own JSON reporter shares its output with the tests. */
export const mocha: TestRunner = {
  name: 'mocha',
  shuffles: false,
  command: ({ plan, files, results, reporters }) => ({
    argv: [
      'mocha',
      ...plan.args,
      '--reporter',
      join(reporters, 'mocha.cjs'),
      ...(files ? fromFolder(plan.folder, files) : plan.files),
    ],
    folder: plan.folder,
    env: { KINO_REPORT: join(results, OWN_REPORT) },
  }),
  parse: (results, { root }) => parseOwnReport(results, root),
};
