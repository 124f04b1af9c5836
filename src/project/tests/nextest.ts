import { parseJUnit } from './junit-report.ts';
import type { TestRunner } from './runner.ts';

const CONFIG = 'nextest.toml';

/** cargo-nextest, by the JUnit XML of a profile of Kino's. */
export const nextest: TestRunner = {
  name: 'nextest',
  shuffles: false,
  command: ({ plan, reporters, build }) => ({
    argv: [
      'cargo',
      'nextest',
      'run',
      '--offline',
      '--no-fail-fast',
      '--tool-config-file',
      `kino:${reporters}/${CONFIG}`,
      '--profile',
      'kino',
      ...plan.args,
    ],
    folder: plan.folder,
    env: { CARGO_TARGET_DIR: build },
  }),
  parse: (results) => parseJUnit([...results.values()]),
};
