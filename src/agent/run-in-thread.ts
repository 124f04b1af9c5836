import { mkdirSync, readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import {
  newId,
  StoreWriteError,
  type ThreadEvent,
  ThreadNotFoundError,
  type ThreadStarted,
  type ThreadStore,
} from '../thread/index.ts';
import type { Agent, Job, Outcome, SubThread, ThreadWriter } from './agent.ts';

export interface RunOptions {
  store: ThreadStore;
  /** The id of the thread: new, or one that goes on. */
  thread: string;
  /** What a new thread begins with. */
  about: Omit<ThreadStarted, 'type' | 'agent' | 'model' | 'host' | 'pid'>;
  agent: Agent;
  job: Omit<Job, 'emit' | 'newOutputFile' | 'history' | 'thread' | 'startThread'>;
  /** The folder for complete outputs, one folder a thread below it. */
  outputs: string;
  /** Told of every event after it has been written. */
  onEvent?: (event: ThreadEvent) => void;
  /** Told of the events of threads that this one starts. */
  onChildEvent?: (thread: string, event: ThreadEvent) => void;
  /** Judges the work before the thread ends; what it returns is written. */
  beforeEnd?: (outcome: Outcome) => Promise<ThreadEvent[]>;
}

/**
 * Runs an agent on a job with everything recorded in one thread, from `thread.started` or `thread.resumed` to
 * `thread.ended`.
 *
 * @throws StoreWriteError when the record cannot be kept; the work stops then
 */
export async function runInThread(options: RunOptions): Promise<Outcome & { durationMs: number }> {
  const { store, thread, about, agent, job } = options;
  const started = performance.now();
  const { emit, newOutputFile } = writerOf(options, thread);
  const process = { kino: about.kino, host: hostname(), pid: globalThis.process.pid };
  const model = agent.model === undefined ? {} : { model: agent.model };

  const before = await store.read(thread).catch((error: unknown) => {
    if (error instanceof ThreadNotFoundError) return undefined;
    throw error;
  });
  const prompt: ThreadEvent[] = job.prompt === undefined ? [] : [{ type: 'user.message', text: job.prompt }];
  const first: ThreadEvent[] = before
    ? [{ type: 'thread.resumed', ...process }, ...prompt]
    : [{ type: 'thread.started', ...about, agent: agent.name, ...model, ...process }, ...prompt];
  await emit(...first);
  const history = [...(before ?? []), ...first];

  const startThread = async (child: SubThread): Promise<ThreadWriter> => {
    const id = newId();
    const writer = writerOf({ ...options, onEvent: (event) => options.onChildEvent?.(id, event) }, id);
    await writer.emit({ type: 'thread.started', ...about, ...child, parent: thread, ...process });
    return { id, ...writer };
  };
  const outcome = await agent
    .run({ ...job, thread, history, emit, newOutputFile, startThread })
    .catch((error: unknown) => outcomeOf(error, job.signal));
  const judged = (await options.beforeEnd?.(outcome)) ?? [];
  const durationMs = performance.now() - started;
  await emit(...judged, { type: 'thread.ended', ...outcome, durationMs });
  return { ...outcome, durationMs };
}

/**
 * How a job ended whose agent has thrown.
 *
 * @throws StoreWriteError where that is what was thrown
 */
export function outcomeOf(error: unknown, signal: AbortSignal): Outcome {
  if (error instanceof StoreWriteError) throw error;
  return {
    status: signal.aborted ? 'interrupted' : 'failed',
    reason: error instanceof Error ? error.message : String(error),
    // The agent's own mistakes are outcomes; what it throws is ours or the machine's.
    infrastructure: true,
    answer: '',
    steps: 0,
    usage: {},
  };
}

/** Writes to one thread; its long outputs have a folder of their own. */
function writerOf(
  {
    store,
    outputs,
    onEvent,
  }: Pick<RunOptions, 'store' | 'outputs'> & { onEvent?: RunOptions['onEvent'] | undefined },
  thread: string,
): Pick<Job, 'emit' | 'newOutputFile'> {
  const folder = join(outputs, thread);
  let last: number | undefined;
  return {
    async emit(...events) {
      await store.append(thread, events);
      if (onEvent) for (const event of events) onEvent(event);
    },
    newOutputFile() {
      if (last === undefined) {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        // A thread that goes on has outputs of its earlier runs.
        last = Math.max(0, ...readdirSync(folder).map((name) => Number.parseInt(name, 10) || 0));
      }
      return join(folder, `${++last}.log`);
    },
  };
}
