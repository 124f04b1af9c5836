import type { RunnerName, TestRunner } from './runner.ts';

/** The runner of a name; the parsers of the others are not loaded. */
export async function runnerOf(name: RunnerName): Promise<TestRunner> {
  switch (name) {
    case 'node:test':
      return (await import('./node-test.ts')).nodeTest;
    case 'vitest':
      return (await import('./vitest.ts')).vitest;
    case 'jest':
      return (await import('./jest.ts')).jest;
    case 'mocha':
      return (await import('./mocha.ts')).mocha;
    case 'ava':
      return (await import('./ava.ts')).ava;
    case 'tap':
      return (await import('./tap.ts')).tap;
    case 'tape':
      return (await import('./tape.ts')).tape;
    case 'pytest':
      return (await import('./pytest.ts')).pytest;
    case 'unittest':
      return (await import('./unittest.ts')).unittest;
    case 'go':
      return (await import('./go.ts')).go;
    case 'cargo':
      return (await import('./cargo.ts')).cargo;
    case 'nextest':
      return (await import('./nextest.ts')).nextest;
    case 'ctest':
      return (await import('./ctest.ts')).ctest;
    case 'junit':
      return (await import('./junit.ts')).junit;
  }
}
