import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { StoreWriteError, type ThreadEvent, type ThreadStarted, type ThreadStore } from '../thread/index.ts';
import type { Agent, Job, Outcome } from './agent.ts';

export interface RunOptions {
  store: ThreadStore;
  /** The id of the thread, new. */
  thread: string;
  about: Omit<ThreadStarted, 'type' | 'agent' | 'model' | 'host' | 'pid'>;
  agent: Agent;
  job: Omit<Job, 'emit' | 'newOutputFile'>;
  /** The folder for complete outputs, one folder a thread below it. */
  outputs: string;
  /** Told of every event after it has been written. */
  onEvent?: (event: ThreadEvent) => void;
  /** Judges the work before the thread ends; what it returns is written. */
  beforeEnd?: (outcome: Outcome) => Promise<ThreadEvent[]>;
}

/**
 * Runs an agent on a job with everything recorded in one new thread, from `thread.started` to `thread.ended`.
 *
 * @throws StoreWriteError when the record cannot be kept; the work stops then
 */
export async function runInThread(options: RunOptions): Promise<Outcome & { durationMs: number }> {
  const { store, thread, about, agent, job } = options;
  const started = performance.now();
  const emit = async (...events: ThreadEvent[]): Promise<void> => {
    await store.append(thread, events);
    if (options.onEvent) for (const event of events) options.onEvent(event);
  };
  const folder = join(options.outputs, thread);
  let outputs = 0;
  const newOutputFile = () => {
    if (outputs === 0) mkdirSync(folder, { recursive: true, mode: 0o700 });
    return join(folder, `${++outputs}.log`);
  };

  await emit(
    {
      type: 'thread.started',
      ...about,
      agent: agent.name,
      ...(agent.model !== undefined && { model: agent.model }),
      host: hostname(),
      pid: process.pid,
    },
    { type: 'user.message', text: job.prompt },
  );
  const outcome = await agent.run({ ...job, emit, newOutputFile }).catch((error: unknown): Outcome => {
    if (error instanceof StoreWriteError) throw error;
    return {
      status: job.signal.aborted ? 'interrupted' : 'failed',
      reason: error instanceof Error ? error.message : String(error),
      // The agent's own mistakes are outcomes; what it throws is ours or the machine's.
      infrastructure: true,
      answer: '',
      steps: 0,
      usage: {},
    };
  });
  const judged = (await options.beforeEnd?.(outcome)) ?? [];
  const durationMs = performance.now() - started;
  await emit(...judged, { type: 'thread.ended', ...outcome, durationMs });
  return { ...outcome, durationMs };
}
