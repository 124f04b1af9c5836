import { hostname } from 'node:os';
import { isAtWork, type ThreadStatus, type ThreadSummary } from '../thread/index.ts';
import { paint } from './output.ts';

export type ShownStatus = ThreadStatus | 'lost';

/** A thread that says it runs while its process is gone was killed. */
export function statusOf(thread: ThreadSummary): ShownStatus {
  return thread.status === 'running' && !isAtWork(thread) ? 'lost' : thread.status;
}

/** Whether a process of this machine is at work in a thread. */
export function isWorkedOn(thread: ThreadSummary): boolean {
  return thread.host === hostname() && statusOf(thread) === 'running';
}

export function paintStatus(status: ShownStatus): string {
  const colour =
    status === 'done' ? 'green' : status === 'running' ? 'cyan' : status === 'failed' ? 'red' : 'yellow';
  return paint(colour, status);
}
