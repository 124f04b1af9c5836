import type { FileHandle } from 'node:fs/promises';
import type { SandboxName } from './choose.ts';
import type { Limits } from './limits.ts';
import type { Ports } from './ports.ts';

/** How a command is run. */
export interface ExecOptions {
  /** A folder of the workspace; default the working folder. */
  cwd?: string;
  /** Added to the variables that the sandbox lets in. */
  env?: Record<string, string>;
  stdin?: string;
  /** The whole process tree is killed after this time; default ten minutes. */
  timeoutMs?: number;
  /** The whole process tree is killed when this aborts. */
  signal?: AbortSignal;
  /** How many bytes of output are kept in memory, half from the head and half from the tail; default 64 KiB. */
  maxBytes?: number;
  /** Where the complete output goes once it is more than `maxBytes`; without it the middle is lost. */
  outputFile?: string;
  /** Write `outputFile` from the first byte on and as output comes, for somebody who reads along. */
  followed?: boolean;
  /**
   * A file of the host that standard output goes to, and not to `output`. The command holds a pipe and no more: it cannot
   * read what it has written, nor write it anew.
   */
  stdoutFile?: string;
  /** What it may use up; it is killed beyond. */
  limits?: Limits;
  /** Of the same sandbox's `openPorts`: what the command listens on can be reached by them. */
  ports?: Ports;
}

export interface ExecResult {
  /** Null when the command was killed. */
  exitCode: number | null;
  /** The signal that ended it. */
  signal?: string;
  timedOut: boolean;
  aborted: boolean;
  /** Of what it used more than it may; it was killed then. */
  exceeded?: 'processes' | 'disk';
  /** Processes that were still running when the command had ended, where the sandbox was asked to count them. */
  left?: number;
  /** Standard output and standard error in the order they came: head, a line that says what was cut, tail. */
  output: string;
  /** Bytes in all. */
  bytes: number;
  /** Set when output was cut and the complete text is there. */
  outputFile?: string;
  durationMs: number;
}

/**
 * Where an agent's commands run and its files are. Paths are relative to its working folder; whatever leads out of the
 * workspace, by `..`, by an absolute path or through a symbolic link, is refused.
 */
export interface Sandbox {
  readonly name: SandboxName;
  /** The workspace, an absolute path on the host. */
  readonly root: string;
  /** The folder of the workspace that relative paths and commands start from. */
  readonly cwd: string;
  /**
   * Runs a program with arguments; no shell comes between.
   *
   * @throws CommandNotStartedError when there is no such program, or the sandbox itself fails
   */
  exec(command: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Opens a file to be read; whoever opens it closes it. @throws PathOutsideError, or the file system's error */
  open(path: string): Promise<FileHandle>;
  /** @throws PathOutsideError, or the file system's error */
  read(path: string): Promise<Buffer>;
  /** Writes a file whole or not at all, with the folders it needs. @throws PathOutsideError, or the file system's error */
  write(path: string, content: string | Buffer): Promise<void>;
  /** The absolute path of a file or folder of the workspace, which need not exist. @throws PathOutsideError */
  resolve(path: string): Promise<string>;
  /** A way to what a command will listen on; absent where there is none. Whoever opens it closes it. */
  openPorts?(): Promise<Ports>;
  /** Ends what still runs. The workspace stays. */
  dispose(): Promise<void>;
}
