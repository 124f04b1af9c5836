import { randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, readSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import type { ExecResult, Ports, Sandbox } from '../sandbox/index.ts';

/**
 * Runs the command as it is given and says at the end where the shell then was, whatever way it ended. Both outputs go
 * one way, so that what is said last comes last.
 */
const SCRIPT = `exec 2>&1
trap 'kino_code=$?; printf "\\n%s%s\\n" "$KINO_MARK" "$PWD"; exit $kino_code' EXIT
kino_command=$1; shift; eval "$kino_command"`;

/** A job may run this long. */
const MAX_JOB_MS = 12 * 60 * 60 * 1000;

export interface ShellOptions {
  signal: AbortSignal;
  timeoutMs: number;
  maxBytes: number;
  outputFile: string;
}

/** A command in the background. */
export interface ShellJob {
  id: string;
  command: string;
  startedAt: number;
  /** The way to what it listens on; absent where there is none. */
  ports?: Ports;
  /** Set when it has ended. */
  ended?: ExecResult | { failed: string };
  readonly done: Promise<void>;
}

/** One bash as an agent sees it: it stays in the folder that it went to, and what it started in the background goes on. */
export class Shell {
  /** Where the next command starts; undefined for the sandbox's own working folder. */
  cwd: string | undefined;
  readonly #jobs = new Map<string, ShellJob & { file: string; read: number; stop: AbortController }>();

  /** @throws CommandNotStartedError @throws SandboxFailedError */
  async run(command: string, sandbox: Sandbox, options: ShellOptions): Promise<ExecResult> {
    const mark = `kino-${randomBytes(9).toString('hex')}:`;
    const result = await sandbox.exec(['bash', '-c', SCRIPT, 'bash', command], {
      ...options,
      env: { KINO_MARK: mark },
      cwd: this.folder(sandbox),
    });
    const at = result.output.lastIndexOf(`\n${mark}`);
    if (at === -1) return result;
    const said = result.output.slice(at);
    const cwd = said.slice(mark.length + 1).replace(/\n$/, '');
    // A folder outside the workspace, or one that is gone, is not remembered.
    const real = await sandbox.resolve(cwd).catch(() => undefined);
    this.cwd = real ?? this.cwd;
    if (result.outputFile !== undefined) cutOff(result.outputFile, Buffer.byteLength(said));
    return { ...result, output: result.output.slice(0, at), bytes: result.bytes - Buffer.byteLength(said) };
  }

  /** The folder that commands start in, for a person: relative to where the agent began. */
  where(sandbox: Sandbox): string {
    return this.cwd === undefined ? '.' : relative(sandbox.cwd, this.cwd) || '.';
  }

  /** The folder that the next command starts in: where the shell went, as long as that is there. */
  folder(sandbox: Sandbox): string {
    if (this.cwd !== undefined && !statSync(this.cwd, { throwIfNoEntry: false })?.isDirectory())
      this.cwd = undefined;
    return this.cwd ?? sandbox.cwd;
  }

  /** Starts a command that runs on while the agent does other things. It ends with the sandbox at the latest. */
  async start(command: string, sandbox: Sandbox, outputFile: string): Promise<ShellJob> {
    const stop = new AbortController();
    const id = `job${this.#jobs.size + 1}`;
    closeSync(openSync(outputFile, 'w', 0o600));
    const ports = await sandbox.openPorts?.();
    const running = sandbox.exec(['bash', '-c', command], {
      signal: stop.signal,
      timeoutMs: MAX_JOB_MS,
      maxBytes: 1_024,
      outputFile,
      followed: true,
      cwd: this.folder(sandbox),
      ...(ports && { ports }),
    });
    const job = {
      id,
      command,
      startedAt: Date.now(),
      file: outputFile,
      read: 0,
      stop,
      ...(ports && { ports }),
      done: running
        .then(
          (result) => {
            job.ended = result;
          },
          (error: Error) => {
            job.ended = { failed: error.message };
          },
        )
        .then(() => ports?.close()),
    } as ShellJob & { file: string; read: number; stop: AbortController };
    this.#jobs.set(id, job);
    return job;
  }

  job(id: string): ShellJob | undefined {
    return this.#jobs.get(id);
  }

  jobs(): ShellJob[] {
    return [...this.#jobs.values()];
  }

  /**
   * What a job has written since it was last read, the end of it where that is more than `maxBytes`.
   *
   * @returns the text and how many bytes before it were left out
   */
  readNew(id: string, maxBytes: number): { text: string; skipped: number } {
    const job = this.#jobs.get(id);
    if (!job) return { text: '', skipped: 0 };
    const { size } = statSync(job.file);
    const from = Math.max(job.read, size - maxBytes);
    const bytes = Buffer.alloc(size - from);
    const file = openSync(job.file, 'r');
    const count = readSync(file, bytes, 0, bytes.length, from);
    closeSync(file);
    const skipped = from - job.read;
    job.read = from + count;
    return { text: bytes.toString('utf8', 0, count), skipped };
  }

  /** Ends a job and everything that it started. */
  async end(id: string): Promise<void> {
    const job = this.#jobs.get(id);
    job?.stop.abort();
    await job?.done;
  }
}

function cutOff(path: string, bytes: number): void {
  try {
    const file = openSync(path, 'r+');
    ftruncateSync(file, statSync(path).size - bytes);
    closeSync(file);
  } catch {
    // The file is a courtesy; what the model sees is in the result.
  }
}
