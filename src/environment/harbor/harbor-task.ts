import type { HarborConfig, HarborStepConfig } from './task-config.ts';

/** What a container is made from. Paths are absolute; more than one of them may be there. */
export interface HarborEnvironment {
  /** What Harbor takes: services need docker compose, and an image that is named wins over what could be built. */
  from: 'image' | 'compose' | 'dockerfile';
  /** The build context; for an image, its content is copied into the working folder. */
  folder?: string;
  image?: string;
  dockerfile?: string;
  compose?: string;
}

export interface HarborTests {
  /** Folders whose content goes to /tests, in this order: what a later one has counts. */
  folders: string[];
  /** The script, run from /tests under its own name; absent where the verifier's image brings it. */
  script?: string;
  /** Where the verdict is: a file in /logs/verifier, or how the script ends. */
  verdict: 'reward-file' | 'exit-code';
}

/** What the oracle does: a script, its folder at /solution, or keys typed into a terminal. */
export type HarborSolution =
  | { kind: 'script'; script: string; folder?: string }
  | { kind: 'commands'; commands: TerminalCommand[] };

/** A command of an old solution.yaml. */
export interface TerminalCommand {
  command: string;
  min_timeout_sec: number;
  max_timeout_sec: number;
  /** Whether its end is waited for. */
  block: boolean;
  append_enter: boolean;
}

/** A verifier that has a container of its own; where there is none, it runs in the agent's. */
export interface SeparateVerifier {
  environment: HarborEnvironment;
  config: HarborConfig['environment'];
  /** The image holds the tests, and nothing is copied to /tests. */
  bringsTests: boolean;
}

export interface HarborStep {
  config: HarborStepConfig;
  instruction: string;
  /** The task's tests below, the step's above. */
  tests: HarborTests;
  verifier?: SeparateVerifier;
  solution?: HarborSolution;
  /** A folder whose content goes to the working folder before the step. */
  workdir?: string;
  /** A script in it that is run then. */
  setup?: string;
}

/** A task as it lies in a folder. Everything in it was written by others. */
export interface HarborTask {
  format: 'harbor' | 'terminal-bench';
  /** The real path. */
  folder: string;
  /** "org/name", or the folder's name where the task has none. */
  name: string;
  config: HarborConfig;
  /** As an agent is shown it; empty where there are steps. */
  instruction: string;
  environment: HarborEnvironment;
  tests: HarborTests;
  verifier?: SeparateVerifier;
  solution?: HarborSolution;
  /** One after the other in one container; empty where the task is in one piece. */
  steps: HarborStep[];
  /** What was passed over, a sentence each. */
  warnings: string[];
}
