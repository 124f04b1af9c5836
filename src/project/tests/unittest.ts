import { join } from 'node:path';
import { OWN_REPORT, parseOwnReport } from './own-report.ts';
import { fromFolder, type TestRunner } from './runner.ts';

/** Python's unittest, by a result class of Kino's. `plan.files` is the folder that discovery starts from. */
export const unittest: TestRunner = {
  name: 'unittest',
  shuffles: true,
  command: ({ plan, files, results, reporters, programs, shuffle }) => ({
    argv: [
      programs.python,
      join(reporters, 'kino_unittest.py'),
      plan.files[0] ?? '.',
      '.',
      ...(files ? fromFolder(plan.folder, files) : []),
    ],
    folder: plan.folder,
    env: {
      KINO_REPORT: join(results, OWN_REPORT),
      PYTHONDONTWRITEBYTECODE: '1',
      ...(shuffle !== undefined && { KINO_SHUFFLE: String(shuffle) }),
    },
  }),
  parse: (results, { root }) => parseOwnReport(results, root),
};
