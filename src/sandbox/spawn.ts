import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { CommandNotStartedError } from './errors.ts';
import { watchLimits } from './limits.ts';
import { OutputCollector } from './output.ts';
import type { ExecOptions, ExecResult } from './sandbox.ts';

const DEFAULT_TIMEOUT_MS = 600_000;
/** Longer ones would fire at once (a timer counts 31 bits). */
const MAX_TIMER_MS = 2 ** 31 - 1;
const DEFAULT_MAX_BYTES = 64 * 1024;
/** How long a process may hold our pipes open after the command itself has ended. */
const LINGER_MS = 100;
/** What goes to a file of the host may not fill its disk. */
const MAX_STDOUT_BYTES = 512 * 1024 * 1024;

export interface SpawnPlan {
  argv: readonly string[];
  cwd: string;
  env: Record<string, string>;
  /** `NAME=value` in `env` that marks every descendant, so that those that left the process group are found as well. */
  mark?: string;
  /** Keep what the program writes to its file descriptor 3. */
  wantsStatus?: boolean;
  /** Keep what the program writes to its file descriptor 4. */
  wantsCount?: boolean;
}

export interface TreeResult extends ExecResult {
  /** What the program wrote to its file descriptor 3. */
  status: string;
  /** What the program wrote to its file descriptor 4. */
  count: string;
}

/** A file that takes so many bytes; what does not fit, or cannot be written, costs the file and never the command. */
class BoundedFile {
  readonly #file: number;
  #bytes = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w', 0o600);
  }

  write(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_STDOUT_BYTES) return;
    try {
      for (let at = 0; at < chunk.length; ) at += writeSync(this.#file, chunk, at);
    } catch {
      this.#bytes = Number.POSITIVE_INFINITY;
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Runs a process tree to its end and leaves none of it behind. */
export function runTree(plan: SpawnPlan, options: ExecOptions): Promise<TreeResult> {
  const [program = '', ...args] = plan.argv;
  const output = new OutputCollector(
    options.maxBytes ?? DEFAULT_MAX_BYTES,
    options.outputFile,
    options.followed,
  );
  const started = performance.now();
  if (options.signal?.aborted) {
    return Promise.resolve({
      exitCode: null,
      timedOut: false,
      aborted: true,
      output: '',
      status: '',
      count: '',
      bytes: 0,
      durationMs: 0,
    });
  }
  if (program === '' || plan.argv.some((part) => part.includes('\0'))) {
    return Promise.reject(new CommandNotStartedError(program, 'its name is empty or an argument holds NUL'));
  }
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: plan.cwd,
      env: plan.env,
      detached: true,
      stdio: [
        options.stdin === undefined ? 'ignore' : 'pipe',
        'pipe',
        'pipe',
        plan.wantsStatus ? 'pipe' : 'ignore',
        ...(plan.wantsCount ? (['pipe'] as const) : []),
      ],
    });
    const [, , , statusPipe, countPipe] = child.stdio;
    let status = '';
    let count = '';
    let timedOut = false;
    let aborted = false;
    let exceeded: 'processes' | 'disk' | undefined;
    let settled = false;
    let linger: NodeJS.Timeout | undefined;
    const kill = () => {
      killGroup(child.pid);
      if (plan.mark !== undefined) killMarked(plan.mark);
    };
    const timer = setTimeout(
      () => {
        timedOut = true;
        kill();
      },
      Math.min(options.timeoutMs ?? DEFAULT_TIMEOUT_MS, MAX_TIMER_MS),
    );
    const abort = () => {
      aborted = true;
      kill();
    };
    options.signal?.addEventListener('abort', abort, { once: true });
    const endWatch =
      options.limits && child.pid !== undefined
        ? watchLimits(child.pid, options.limits, (what) => {
            exceeded = what;
            kill();
          })
        : undefined;

    const settle = (finish: () => void) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      clearTimeout(linger);
      endWatch?.();
      options.signal?.removeEventListener('abort', abort);
      child.stdout?.destroy();
      child.stderr?.destroy();
      statusPipe?.destroy();
      countPipe?.destroy();
      stdoutFile?.close();
      finish();
    };
    const succeed = (code: number | null, signal: NodeJS.Signals | null) =>
      settle(() => {
        const text = output.finish();
        resolve({
          exitCode: timedOut || aborted || exceeded ? null : code,
          ...(signal !== null && { signal }),
          timedOut,
          aborted,
          ...(exceeded !== undefined && { exceeded }),
          output: text,
          status,
          count,
          bytes: output.bytes,
          ...(output.outputFile !== undefined && { outputFile: output.outputFile }),
          durationMs: performance.now() - started,
        });
      });

    const stdoutFile = options.stdoutFile === undefined ? undefined : new BoundedFile(options.stdoutFile);
    child.stdout?.on('data', (chunk: Buffer) => {
      if (stdoutFile) stdoutFile.write(chunk);
      else output.push(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => output.push(chunk));
    statusPipe?.on('data', (chunk: Buffer) => {
      status += chunk;
    });
    countPipe?.on('data', (chunk: Buffer) => {
      if (count.length < 100) count += chunk;
    });
    child.stdin?.on('error', () => {});
    if (options.stdin !== undefined) child.stdin?.end(options.stdin);
    child.on('error', (error: NodeJS.ErrnoException) =>
      settle(() => {
        output.finish();
        reject(new CommandNotStartedError(program, explain(error, plan.cwd)));
      }),
    );
    child.on('exit', (code, signal) => {
      // What the command left in its group would outlive it, and keeps its pipes open.
      killGroup(child.pid);
      linger = setTimeout(() => succeed(code, signal), LINGER_MS);
    });
    child.on('close', succeed);
  });
}

/** ENOENT stands for a missing program and for a missing folder. */
function explain({ code, message }: NodeJS.ErrnoException, cwd: string): string {
  if (code !== 'ENOENT') return message;
  return existsSync(cwd) ? 'there is no such program' : `there is no folder ${cwd}`;
}

function killGroup(pid: number | undefined): void {
  if (pid !== undefined) killQuietly(-pid);
}

/** While it is looked for them, processes start others: so often at most it is looked again. */
const MAX_ROUNDS = 20;

/** Kills every process whose environment holds the mark, by /proc; none on systems without it. */
export function killMarked(mark: string): void {
  const killed = new Set<string>();
  for (let round = 0, before = -1; round < MAX_ROUNDS && killed.size > before; round++) {
    before = killed.size;
    for (const entry of processes()) {
      if (killed.has(entry) || !environmentOf(entry).includes(mark)) continue;
      killed.add(entry);
      killQuietly(Number(entry));
    }
  }
}

function processes(): string[] {
  try {
    return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  } catch {
    return [];
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
}
