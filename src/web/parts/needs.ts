import type { ShownThread } from '../../server/index.ts';
import type { PermissionRequested, QuestionAsked, StoredEvent } from '../../thread/index.ts';

/** Whether a person has something to do about a thread: answer it, or decide on what a phase made. */
export function needsYou({ status, activity }: ShownThread): boolean {
  if (status === 'running') return activity.waiting.length > 0;
  return activity.awaits !== undefined;
}

/** Whether it has ended since a person last looked at it. What ended long ago nobody waits for. */
export function isNews({ kind, parent, status, activity, updatedAt }: ShownThread): boolean {
  if (parent !== undefined || (kind !== 'session' && kind !== 'flow') || status === 'running') return false;
  return (activity.isUnseen === true || status === 'lost') && Date.now() - updatedAt < NEWS_MS;
}

const NEWS_MS = 7 * 24 * 60 * 60 * 1000;

/** What a thread asks and nobody has answered, of the events that are there: ids of calls come again, so the latest counts. */
export function askedNow(
  { status, activity }: ShownThread,
  events: readonly StoredEvent[],
): ((PermissionRequested | QuestionAsked) & { seq: number })[] {
  // Whoever asked is gone where nobody works any more.
  if (status !== 'running') return [];
  return activity.waiting.flatMap(({ callId, step, request }) => {
    const asked = events.findLast(
      (event) =>
        (event.type === 'permission.requested' || event.type === 'question.asked') &&
        (request === undefined ? event.callId === callId && event.step === step : event.request === request),
    );
    return asked?.type === 'permission.requested' || asked?.type === 'question.asked' ? [asked] : [];
  });
}
