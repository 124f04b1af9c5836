import { fromFolder, fromModules, type TestRunner, textOf } from './runner.ts';
import { parseTap } from './tap-report.ts';

const REPORT = 'report.tap';

/** AVA, by the Test Anything Protocol. Its names hold the file: `file › suite › title`, without extension for some. */
export const ava: TestRunner = {
  name: 'ava',
  shuffles: false,
  command: ({ plan, files, programs }) => ({
    argv: [
      programs.node,
      fromModules(plan.folder, 'ava/entrypoints/cli.mjs'),
      ...plan.args,
      '--tap',
      ...(files ? fromFolder(plan.folder, files) : plan.files),
    ],
    folder: plan.folder,
    env: {},
    stdout: REPORT,
  }),
  parse(results, { files }) {
    // With one file AVA leaves its name out.
    const only = files?.length === 1 ? `${files[0]}::` : '';
    return parseTap(textOf(results, REPORT), (names) => only + names.join(' > '));
  },
};
