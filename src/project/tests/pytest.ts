import { join } from 'node:path';
import { OWN_REPORT, parseOwnReport } from './own-report.ts';
import { fromFolder, type TestRunner } from './runner.ts';

/** pytest, by a plugin: its node ids are exact where JUnit XML takes them apart. */
export const pytest: TestRunner = {
  name: 'pytest',
  shuffles: true,
  command: ({ plan, root, files, results, reporters, programs, shuffle }) => ({
    argv: [
      programs.python,
      '-m',
      'pytest',
      `--rootdir=${root}`,
      ...plan.args,
      '-p',
      'kino_pytest',
      '-p',
      'no:cacheprovider',
      '--continue-on-collection-errors',
      '-q',
      '--no-header',
      ...(files ? fromFolder(plan.folder, files) : plan.files),
    ],
    folder: plan.folder,
    env: {
      KINO_REPORT: join(results, OWN_REPORT),
      // The plugin is found by name; everything else of Python's path is the set-up's.
      KINO_PYTHONPATH: reporters,
      PYTHONDONTWRITEBYTECODE: '1',
      ...(shuffle !== undefined && { KINO_SHUFFLE: String(shuffle) }),
    },
  }),
  parse: (results, { root }) => parseOwnReport(results, root),
};
