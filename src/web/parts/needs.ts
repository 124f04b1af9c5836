import type { ShownThread } from '../../server/index.ts';

/** Whether a person has something to do about a thread: answer it, or decide on what a phase made. */
export function needsYou({ kind, status, activity }: ShownThread): boolean {
  if (status === 'running') return activity.waiting.length > 0;
  return kind === 'flow' && / waits for your approval\.$/.test(activity.reason ?? '');
}
