import { type ChildProcess, spawn } from 'node:child_process';
import { Readable, Writable } from 'node:stream';
import type { AcpCommand } from './presets.ts';

/** How much of what an agent says on standard error is kept to explain its end. */
const MAX_SAID = 4_000;
/** How long an agent that was told to stop may take. */
const GRACE_MS = 2_000;

/** The process of an agent of others. It runs as you do, with your environment: it needs your keys to reach its model. */
export class AgentProcess {
  readonly input: WritableStream<Uint8Array>;
  readonly output: ReadableStream<Uint8Array>;
  /** One sentence: how it ended. Never rejects. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  #said = '';
  #isOver = false;

  constructor({ command, env }: AcpCommand, cwd: string) {
    const [program = '', ...args] = command;
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own: everything that it starts ends with it, and the terminal's Ctrl-C is Kino's to answer.
      detached: true,
    });
    this.#child = child;
    child.stdin.on('error', () => {});
    child.stderr.on('data', (chunk: Buffer) => {
      this.#said = (this.#said + chunk.toString('utf8')).slice(-MAX_SAID);
    });
    this.input = Writable.toWeb(child.stdin) as WritableStream<Uint8Array>;
    this.output = Readable.toWeb(child.stdout) as unknown as ReadableStream<Uint8Array>;
    this.ended = new Promise((resolve) => {
      child.on('error', (error: NodeJS.ErrnoException) => {
        this.#isOver = true;
        resolve(
          error.code === 'ENOENT'
            ? `There is no program ${program}.`
            : `${program} could not be started: ${error.message}.`,
        );
      });
      child.on('close', (code, signal) => {
        this.#isOver = true;
        const last = this.#said.trim().split('\n').at(-1) ?? '';
        const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
        resolve(`The process of the agent ended ${how}${last === '' ? '' : `: ${last.slice(0, 300)}`}.`);
      });
    });
  }

  /** Ends it and everything that it has started. */
  async stop(): Promise<void> {
    if (!this.#isOver) {
      this.#kill('SIGTERM');
      const timer = setTimeout(() => this.#kill('SIGKILL'), GRACE_MS);
      await this.ended;
      clearTimeout(timer);
    }
    // What it left in its group outlives it otherwise.
    this.#kill('SIGKILL');
  }

  #kill(signal: NodeJS.Signals): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
    } catch {
      // Already gone.
    }
  }
}
