import { z } from 'zod';

/** A command of a set-up, with the words `{setup}` and `{source}` for its folders. */
export const setupCommandSchema = z.strictObject({
  argv: z.array(z.string()).min(1),
  /** Where it runs; may begin with `{setup}` or `{source}`. */
  cwd: z.string(),
  env: z.record(z.string(), z.string()).optional(),
});
export type SetupCommand = z.infer<typeof setupCommandSchema>;

/** What stands in the way between a folder of a set-up and the files under test. */
export const setupMountSchema = z.strictObject({
  /** Relative to the set-up's folder. */
  from: z.string(),
  /** Relative to the root of the files under test. */
  to: z.string(),
  /** Folders inside that tools write to; they are empty and forgotten each time. */
  scratch: z.array(z.string()),
});

/**
 * How the dependencies of a repository are installed at one commit. Two commits with the same key have the same
 * dependencies.
 */
export interface SetupPlan {
  /** What does it: `npm`, `pip`, …, with its version where that matters. */
  tool: string;
  /** 24 hex digits over everything that decides what is installed. */
  key: string;
  /** Files that are written into the set-up's folder before; paths relative to it. */
  files: Record<string, string>;
  /** Needs the files of the commit at `{source}`, as editable installs do. */
  needsSource: boolean;
  /** Ways to install, the best first; each is a list of commands that must all succeed. */
  attempts: SetupCommand[][];
  /** For each of the attempts, what it gives up, as a sentence; nothing for those that give nothing up. */
  compromises?: readonly (string | undefined)[];
  /** Prints what was installed, to be kept with the set-up. */
  installed?: SetupCommand;
  /** Hosts that installing may reach. */
  hosts: string[];
  mounts: z.infer<typeof setupMountSchema>[];
  /** Variables for every command afterwards; `{setup}` and `{root}` stand for folders. */
  env: Record<string, string>;
  /** Folders that go before PATH; `{setup}` stands for the folder. */
  path: string[];
  /** A folder of the set-up that is copied as the build folder of each run. */
  build?: string;
  /** What was wanted and is not here, as sentences. */
  notes: string[];
}
