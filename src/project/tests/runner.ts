import { isAbsolute, posix, relative } from 'node:path';
import { z } from 'zod';
import type { TestReport } from './report.ts';

/** Test runners whose results Kino reads from a structured report. */
export const RUNNERS = [
  'node:test',
  'vitest',
  'jest',
  'mocha',
  'ava',
  'tap',
  'tape',
  'pytest',
  'unittest',
  'go',
  'cargo',
  'nextest',
  'ctest',
  'junit',
] as const;
export type RunnerName = (typeof RUNNERS)[number];

/** How the tests of a repository are run: what was detected or given, as plain data that a task can hold. */
export const testPlanSchema = z.strictObject({
  runner: z.enum(RUNNERS),
  /** Where it runs, relative to the root; `.` for the root itself. */
  folder: z.string(),
  /** Flags of the repository's own command that its tests need, without those that only change what is printed. */
  args: z.array(z.string()),
  /** The files, folders and patterns that the own command names; empty where the runner finds them itself. */
  files: z.array(z.string()),
  /** Variables that the own command sets. */
  env: z.record(z.string(), z.string()).optional(),
  /** `junit` only: the command, run by `sh -c` as it was given. */
  command: z.string().optional(),
  /** `junit` only: where the command leaves its XML, a pattern relative to the folder. */
  report: z.string().optional(),
  /** Where this was found, for a person. */
  from: z.string(),
});
export type TestPlan = z.infer<typeof testPlanSchema>;

/** What a run needs to know of the place that it happens in; all paths are as the command sees them. */
export interface RunRequest {
  plan: TestPlan;
  /** The root of the files under test. */
  root: string;
  /** Test files to run, relative to the root; absent for the whole suite. */
  files?: readonly string[];
  /** A folder that the command can write, empty before. */
  results: string;
  /** The folder with Kino's reporters. */
  reporters: string;
  /** A folder for what building leaves, which may be kept from run to run. */
  build: string;
  programs: { node: string; python: string };
  /** Run the tests in an order of chance, the same for the same seed; only where the runner can. */
  shuffle?: number;
  /** Measure which lines are executed; only where that can be done with what every machine has. */
  coverage?: boolean;
}

/** A command that runs tests and leaves a report. */
export interface RunCommand {
  argv: string[];
  /** Relative to the root. */
  folder: string;
  env: Record<string, string>;
  /** By what name `parse` gets standard output, for runners that report there: a pipe that no test can write anew. */
  stdout?: string;
}

/** What a run has left: the files of its `results` by name, and those of `plan.report`. */
export type Results = ReadonlyMap<string, Buffer>;

export interface TestRunner {
  readonly name: RunnerName;
  /** Whether `shuffle` is obeyed. */
  readonly shuffles: boolean;
  command(request: RunRequest): RunCommand;
  /** Never throws: what is no report is a run that did not finish. */
  parse(results: Results, request: RunRequest): TestReport;
}

/** A path of a report relative to the root, with `/`; unchanged where it lies elsewhere. */
export function inRoot(root: string, file: string): string {
  if (!isAbsolute(file)) return posix.normalize(file);
  const inside = relative(root, file);
  return inside.startsWith('..') ? file : inside;
}

/** Test files as a runner in `folder` wants them. Nothing that begins with `-` looks like an option. */
export function fromFolder(folder: string, files: readonly string[]): string[] {
  return files.map((file) => relative(folder, file).replace(/^-/, './-'));
}

/** Folders of the programs of installed packages, as a package manager puts them before PATH for scripts of a folder. */
export function programFolders(root: string, folder: string): string[] {
  const parts = folder.split('/').filter((part) => part !== '.' && part !== '');
  return Array.from({ length: parts.length + 1 }, (_, left) =>
    posix.join(root, ...parts.slice(0, parts.length - left), 'node_modules/.bin'),
  );
}

/** The text of a report; empty where there is none. */
export function textOf(results: Results, name: string): string {
  return results.get(name)?.toString('utf8') ?? '';
}

/** What a text says as JSON; undefined where it is none, or there is no text. */
export function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse((text ?? '').replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
}

/** JSON Lines, without the lines that are none: programs under test print among them. */
export function jsonLines(text: string): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith('{')) continue;
    try {
      found.push(JSON.parse(line) as Record<string, unknown>);
    } catch {
      // Cut off, or not of the runner.
    }
  }
  return found;
}
