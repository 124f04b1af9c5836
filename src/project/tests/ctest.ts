import { join } from 'node:path';
import { parseJUnit } from './junit-report.ts';
import type { TestRunner } from './runner.ts';

const REPORT = 'report.xml';
/** Configures, builds and tests; the paths come as arguments. */
const SCRIPT = `cmake -S . -B "$1" "\${@:3}" && cmake --build "$1" --parallel 2 && ctest --test-dir "$1" --output-junit "$2" --timeout 60`;

/** CMake's ctest (3.21 and newer), by its JUnit XML. */
export const ctest: TestRunner = {
  name: 'ctest',
  shuffles: false,
  command: ({ plan, results, build }) => ({
    argv: ['bash', '-c', SCRIPT, 'ctest', build, join(results, REPORT), ...plan.args],
    folder: plan.folder,
    env: {},
  }),
  parse: (results) => parseJUnit([results.get(REPORT)].filter((file) => file !== undefined)),
};
