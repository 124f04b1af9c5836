import { closeSync, openSync, readFileSync } from 'node:fs';
import {
  type CreateTerminalRequest,
  type CreateTerminalResponse,
  RequestError,
  type TerminalOutputResponse,
  type WaitForTerminalExitResponse,
} from '@agentclientprotocol/sdk';
import type { ExecResult, Sandbox } from '../../sandbox/index.ts';

const DEFAULT_LIMIT = 64 * 1024;
const MAX_MS = 60 * 60 * 1000;

interface Terminal {
  file: string;
  limit: number;
  stop: AbortController;
  done: Promise<void>;
  ended?: ExecResult;
}

/** The terminals that an agent asks its client for: commands in the sandbox, whose output can be read as it comes. */
export class ClientTerminals {
  readonly #sandbox: Sandbox;
  readonly #newOutputFile: () => string;
  readonly #signal: AbortSignal;
  readonly #terminals = new Map<string, Terminal>();
  #last = 0;

  constructor(sandbox: Sandbox, newOutputFile: () => string, signal: AbortSignal) {
    this.#sandbox = sandbox;
    this.#newOutputFile = newOutputFile;
    this.#signal = signal;
  }

  async create({
    command,
    args = [],
    env = [],
    cwd,
    outputByteLimit,
  }: CreateTerminalRequest): Promise<CreateTerminalResponse> {
    const file = this.#newOutputFile();
    closeSync(openSync(file, 'w', 0o600));
    const stop = new AbortController();
    // Without arguments some agents send a whole command line.
    const argv = args.length === 0 && /\s/.test(command) ? ['bash', '-c', command] : [command, ...args];
    const running = this.#sandbox.exec(argv, {
      ...{ outputFile: file, followed: true, maxBytes: 1_024, timeoutMs: MAX_MS },
      signal: AbortSignal.any([stop.signal, this.#signal]),
      env: Object.fromEntries(env.map(({ name, value }) => [name, value])),
      ...(cwd && { cwd }),
    });
    const terminalId = `terminal-${++this.#last}`;
    const terminal: Terminal = {
      ...{ file, stop, limit: outputByteLimit ?? DEFAULT_LIMIT },
      done: running.then(
        (result) => {
          terminal.ended = result;
        },
        (error: Error) => {
          terminal.ended = {
            exitCode: 127,
            timedOut: false,
            aborted: false,
            output: error.message,
            bytes: 0,
            durationMs: 0,
          };
        },
      ),
    };
    this.#terminals.set(terminalId, terminal);
    return { terminalId };
  }

  #get(id: string): Terminal {
    const terminal = this.#terminals.get(id);
    if (!terminal) throw RequestError.resourceNotFound(id);
    return terminal;
  }

  output(id: string): TerminalOutputResponse {
    const { file, limit, ended } = this.#get(id);
    const bytes = readFileSync(file);
    const text = bytes.subarray(Math.max(0, bytes.length - limit)).toString('utf8');
    return {
      output: text === '' && ended?.exitCode === 127 ? ended.output : text,
      truncated: bytes.length > limit,
      ...(ended && { exitStatus: { exitCode: ended.exitCode, signal: ended.signal ?? null } }),
    };
  }

  async waitForExit(id: string): Promise<WaitForTerminalExitResponse> {
    const terminal = this.#get(id);
    await terminal.done;
    return { exitCode: terminal.ended?.exitCode ?? null, signal: terminal.ended?.signal ?? null };
  }

  async end(id: string): Promise<Record<string, never>> {
    const terminal = this.#get(id);
    terminal.stop.abort();
    await terminal.done;
    return {};
  }

  async release(id: string): Promise<Record<string, never>> {
    await this.end(id);
    this.#terminals.delete(id);
    return {};
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#terminals.keys()].map((id) => this.release(id)));
  }
}
