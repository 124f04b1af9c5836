import { type ChildProcess, fork } from 'node:child_process';
import module from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandNotStartedError, SandboxFailedError } from './errors.ts';
import type { ExecOptions } from './sandbox.ts';
import { killMarked, runTree, type SpawnPlan, type TreeResult } from './spawn.ts';

/** What Kino asks of the broker. */
export type BrokerRequest =
  | { id: number; plan: SpawnPlan; options: Omit<ExecOptions, 'signal' | 'ports'> }
  | { id: number; abort: true };

/** What the broker answers: once that it is there, then once for each request. */
export type BrokerAnswer =
  | { ready: true }
  | { id: number; result: TreeResult }
  | { id: number; notStarted: { command: string; reason: string } }
  | { id: number; failed: string };

/**
 * Runs a process tree as `runTree` does, but starts it from a small process of its own. It ends when Kino does, however
 * Kino ends, and takes what it still runs with it: nobody else is left to do so. And `fork` copies the page tables of
 * the process that calls it, which costs a large one many milliseconds.
 */
export async function runTreeFromAfar(plan: SpawnPlan, options: ExecOptions): Promise<TreeResult> {
  broker ??= new Broker();
  const one = broker;
  return (await one.started) ? one.run(plan, options) : runTree(plan, options);
}
let broker: Broker | undefined;

/** Keys and tokens are not for the process that starts other people's commands. */
function brokerEnvironment(): Record<string, string> {
  const cache = module.getCompileCacheDir?.();
  return { PATH: process.env.PATH ?? '', ...(cache !== undefined && { NODE_COMPILE_CACHE: dirname(cache) }) };
}

interface Pending {
  settle(answer: BrokerAnswer): void;
  lost(): void;
}

class Broker {
  readonly #started = Promise.withResolvers<boolean>();
  readonly #process: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  #last = 0;

  constructor() {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#process = fork(fileURLToPath(new URL(`./broker-process.${extension}`, import.meta.url)), [], {
      serialization: 'advanced',
      // Ctrl-C is Kino's to answer; a group of its own keeps the terminal's signal away.
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: brokerEnvironment(),
    });
    this.#process.on('message', (answer: BrokerAnswer) => this.#receive(answer));
    const gone = () => {
      this.#started.resolve(false);
      for (const { lost } of this.#pending.values()) lost();
      this.#pending.clear();
      if (broker === this) broker = undefined;
    };
    this.#process.on('error', gone);
    this.#process.on('exit', gone);
  }

  /** False where it could not be started. */
  get started(): Promise<boolean> {
    return this.#started.promise;
  }

  run(plan: SpawnPlan, options: ExecOptions): Promise<TreeResult> {
    // What lives in this process stays in it.
    const { signal, ports: _, ...rest } = options;
    if (signal?.aborted) return runTree(plan, options);
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      const abort = () => this.#send({ id, abort: true });
      signal?.addEventListener('abort', abort, { once: true });
      const end = (work: () => void) => {
        signal?.removeEventListener('abort', abort);
        this.#pending.delete(id);
        if (this.#pending.size === 0) this.#idle();
        work();
      };
      this.#pending.set(id, {
        settle: (answer) =>
          end(() => {
            if ('result' in answer) resolve(answer.result);
            else if ('notStarted' in answer) {
              reject(new CommandNotStartedError(answer.notStarted.command, answer.notStarted.reason));
            } else reject(new Error('failed' in answer ? answer.failed : 'the broker answered nonsense'));
          }),
        lost: () =>
          end(() => {
            if (plan.mark !== undefined) killMarked(plan.mark);
            reject(new SandboxFailedError('the process that runs commands died'));
          }),
      });
      this.#busy();
      this.#send({ id, plan, options: rest });
    });
  }

  #receive(answer: BrokerAnswer): void {
    if ('ready' in answer) {
      this.#idle();
      this.#started.resolve(true);
    } else this.#pending.get(answer.id)?.settle(answer);
  }

  #send(request: BrokerRequest): void {
    // A channel that is closed shows as the exit of the process, which ends every request.
    this.#process.send(request, () => {});
  }

  /** Kino may end while nothing runs. */
  #idle(): void {
    this.#process.unref();
    this.#process.channel?.unref();
  }

  #busy(): void {
    this.#process.ref();
    this.#process.channel?.ref();
  }
}
