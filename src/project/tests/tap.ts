import { fromFolder, type TestRunner, textOf } from './runner.ts';
import { parseTap } from './tap-report.ts';

const REPORT = 'report.tap';

/** node-tap. A test file is the outermost subtest; its own subtests are what is counted, the stabler id. */
export const tap: TestRunner = {
  name: 'tap',
  shuffles: false,
  command: ({ plan, files }) => ({
    argv: ['tap', ...plan.args, '--reporter=tap', ...(files ? fromFolder(plan.folder, files) : plan.files)],
    folder: plan.folder,
    env: {},
    stdout: REPORT,
  }),
  parse: (results) =>
    parseTap(
      textOf(results, REPORT),
      ([file = '', ...names]) => ({ id: `${file}::${names.join(' > ')}` }),
      true,
    ),
};
