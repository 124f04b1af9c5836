import { join } from 'node:path';
import { OWN_REPORT, parseOwnReport } from './own-report.ts';
import { fromFolder, type TestRunner } from './runner.ts';

/** Node's own test runner, by a reporter on its events. */
export const nodeTest: TestRunner = {
  name: 'node:test',
  shuffles: false,
  command: ({ plan, files, reporters, programs }) => ({
    argv: [
      programs.node,
      ...plan.args,
      '--test',
      `--test-reporter=${join(reporters, 'node-test.mjs')}`,
      '--test-reporter-destination=stdout',
      ...(files ? fromFolder(plan.folder, files) : plan.files),
    ],
    folder: plan.folder,
    env: {},
    stdout: OWN_REPORT,
  }),
  parse: (results, { root }) => parseOwnReport(results, root),
};
