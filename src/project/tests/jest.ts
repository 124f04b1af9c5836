import { join } from 'node:path';
import { parseJestReport } from './jest-report.ts';
import { fromFolder, type TestRunner } from './runner.ts';

const REPORT = 'report.json';

export const jest: TestRunner = {
  name: 'jest',
  // Since Jest 29.5; older ones refuse an option that they do not know.
  shuffles: false,
  command: ({ plan, files, results, reporters, programs }) => {
    const own = [...plan.args, ...(files ? [] : plan.files)];
    const all = [
      ...own,
      '--json',
      `--outputFile=${join(results, REPORT)}`,
      '--coverage=false',
      '--cacheDirectory=/tmp/jest',
      '--watchman=false',
      ...(files ? ['--runTestsByPath', ...fromFolder(plan.folder, files)] : []),
    ];
    return {
      argv: [programs.node, join(reporters, 'jest.cjs')],
      folder: plan.folder,
      env: { KINO_JEST: JSON.stringify({ all, own }) },
    };
  },
  parse: (results, { root }) => parseJestReport(results, REPORT, root),
};
