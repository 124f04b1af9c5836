import { join } from 'node:path';
import { OWN_REPORT, parseOwnReport } from './own-report.ts';
import { fromFolder, type TestRunner } from './runner.ts';

/** tape, by its stream of objects. Its tests know nothing of their files, so ids are names alone. */
export const tape: TestRunner = {
  name: 'tape',
  shuffles: false,
  command: ({ plan, files, results, reporters }) => ({
    argv: [
      'tape',
      '-r',
      join(reporters, 'tape.cjs'),
      ...plan.args,
      ...(files ? fromFolder(plan.folder, files) : plan.files),
    ],
    folder: plan.folder,
    env: { KINO_REPORT: join(results, OWN_REPORT) },
  }),
  parse: (results, { root }) => parseOwnReport(results, root),
};
