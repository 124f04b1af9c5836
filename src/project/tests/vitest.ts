import { join } from 'node:path';
import { parseJestReport } from './jest-report.ts';
import { fromFolder, type TestRunner } from './runner.ts';

const REPORT = 'report.json';

export const vitest: TestRunner = {
  name: 'vitest',
  shuffles: true,
  command: ({ plan, files, results, shuffle }) => ({
    argv: [
      'vitest',
      'run',
      ...plan.args,
      '--reporter=json',
      `--outputFile=${join(results, REPORT)}`,
      '--coverage.enabled=false',
      ...(shuffle === undefined ? [] : ['--sequence.shuffle', `--sequence.seed=${shuffle}`]),
      ...(files ? fromFolder(plan.folder, files) : plan.files),
    ],
    folder: plan.folder,
    env: {},
  }),
  parse: (results, { root }) => parseJestReport(results, REPORT, root),
};
