import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest: what is begun last is what the others wait for. */
const LONG = [
  /runners-/,
  /reasons\.test/,
  /faults\.test/,
  /\bfix\.test|bug\.test|mine\.test/,
  /web\.test|eval\.test|harbor/,
];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const found = LONG.findIndex((name) => name.test(moduleId));
      return found === -1 ? LONG.length : found;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
    setupFiles: ['test/support/setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    // Most tests wait for programs that they start, more than they compute.
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
  },
});
