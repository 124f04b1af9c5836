import type { ProjectFiles } from '../project-files.ts';
import type { TestPlan } from '../tests/runner.ts';
import { installedToolchains } from '../toolchains.ts';
import type { SetupPlan } from './setup.ts';

/** What a test plan needs to run: the set-up, if any, and the programs. */
export interface Setup {
  /** Undefined where nothing need be installed. */
  plan?: SetupPlan;
  /** Programs by name with their versions, to be recorded. */
  toolchain: Record<string, string>;
  /** The node that runs the tests. */
  node: string;
}

/** A program that a repository's tests need and that is not installed here. */
export class MissingToolchainError extends Error {
  override name = 'MissingToolchainError';
  constructor(program: string) {
    super(`${program} is not installed here.`);
  }
}

/**
 * How what the tests of a repository need is installed.
 *
 * @param time when its manifest last changed, in seconds since 1970: without a lockfile packages are as they were then
 * @throws MissingToolchainError
 */
export async function detectSetup(files: ProjectFiles, tests: TestPlan, time: number): Promise<Setup> {
  const kino = process.execPath;
  switch (tests.runner) {
    case 'pytest':
    case 'unittest': {
      const setup = await (await import('./python.ts')).pythonSetup(files, tests, time);
      if (!setup) throw new MissingToolchainError('python3');
      return { plan: setup.plan, toolchain: { python: setup.version }, node: kino };
    }
    case 'go': {
      const setup = await (await import('./go.ts')).goSetup(files, tests);
      if (!setup) throw new MissingToolchainError('go');
      return { plan: setup.plan, toolchain: { go: setup.version }, node: kino };
    }
    case 'cargo':
    case 'nextest': {
      const setup = await (await import('./cargo.ts')).cargoSetup(files, tests, time);
      if (!setup) throw new MissingToolchainError('cargo');
      return { plan: setup.plan, toolchain: { rust: setup.version }, node: kino };
    }
    case 'ctest':
      return { toolchain: {}, node: kino };
    default: {
      const setup = await (await import('./node.ts')).nodeSetup(files, tests, time);
      if (!setup && tests.runner !== 'junit') throw new MissingToolchainError('node');
      const [fallback] = await installedToolchains('node');
      return {
        ...(setup?.plan && { plan: setup.plan }),
        toolchain: setup ? { node: setup.version } : {},
        node: setup?.node ?? fallback?.program ?? kino,
      };
    }
  }
}

/** Files of which one decides what is installed: the newest change to them is the day of a set-up without lockfile. */
export const MANIFESTS = [
  'package.json',
  'pyproject.toml',
  'setup.py',
  'setup.cfg',
  'requirements.txt',
  'Cargo.toml',
];
