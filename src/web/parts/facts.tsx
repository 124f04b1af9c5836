import type { ReactNode } from 'react';
import type { ShownThread } from '../../server/index.ts';

/** What a thread has taken: steps, money, time, how full its window is. */
export function Facts({
  thread,
  parts = [],
}: {
  thread: ShownThread;
  /** Phases and sub-agents of it. */
  parts?: readonly ShownThread[];
}): ReactNode {
  const { activity } = thread;
  const cost = costOf(thread, parts);
  return (
    <>
      {activity.steps > 0 && <span>{steps(activity.steps)}</span>}
      {cost !== undefined && <span>${cost.toFixed(2)}</span>}
      <span>{elapsed(thread, parts)}</span>
      {activity.todo && (
        <span>
          {activity.todo.done} of {activity.todo.of} tasks
        </span>
      )}
      {activity.context && <ContextMeter context={activity.context} />}
    </>
  );
}

/** How full the context window is, with the mark beyond which models get worse. */
export function ContextMeter({
  context,
}: {
  context: { used: number; window: number; smartZone: number };
}): ReactNode {
  const percent = Math.min(100, Math.round((context.used / context.window) * 100));
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <meter
        className="h-2 w-16"
        aria-label="Context window"
        min={0}
        max={context.window}
        high={context.smartZone}
        optimum={0}
        value={context.used}
      />
      {percent} %
    </span>
  );
}

/** What a thread costs with its phases; what sub-agents cost is in it already. */
export function costOf({ kind, activity }: ShownThread, parts: readonly ShownThread[]): number | undefined {
  if (kind !== 'flow') return activity.costUsd;
  const known = parts.filter(({ activity: own }) => own.steps > 0);
  if (known.length === 0 || known.some(({ activity: own }) => own.costUsd === undefined)) return undefined;
  return known.reduce((sum, { activity: own }) => sum + own.costUsd!, 0);
}

/** How long it was worked on, a flow in its phases; of what is at work or was killed, since when. */
export function elapsed(thread: ShownThread, parts: readonly ShownThread[] = []): string {
  const worked = ({ startedAt, updatedAt, status, activity }: ShownThread) =>
    (status !== 'running' && status !== 'lost' ? activity.workedMs : undefined) ?? updatedAt - startedAt;
  const phases = parts.filter(({ parent }) => parent === thread.id);
  const ms = thread.kind === 'flow' ? phases.reduce((sum, phase) => sum + worked(phase), 0) : worked(thread);
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} d`;
}

export function steps(count: number): string {
  return count === 1 ? '1 step' : `${count} steps`;
}
