import type { ShownThread } from '../../server/index.ts';

/** Whether a person has something to do about a thread: answer it, or decide on what a phase made. */
export function needsYou({ kind, status, activity }: ShownThread): boolean {
  if (status === 'running') return activity.waiting.length > 0;
  return kind === 'flow' && / waits for your approval\.$/.test(activity.reason ?? '');
}

/** Whether it has ended since a person last looked at it. What ended long ago nobody waits for. */
export function isNews({ kind, parent, status, activity, updatedAt }: ShownThread): boolean {
  if (parent !== undefined || (kind !== 'session' && kind !== 'flow') || status === 'running') return false;
  return activity.isUnseen === true && Date.now() - updatedAt < NEWS_MS;
}

const NEWS_MS = 7 * 24 * 60 * 60 * 1000;
