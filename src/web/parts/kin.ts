import type { ShownThread } from '../../server/index.ts';
import { needsYou } from './needs.ts';

type Threads = ReadonlyMap<string, ShownThread>;

/** What a thread is a part of, at last: the flow of a phase, the session of a sub-agent; itself where it is of none. */
export function rootOf(thread: ShownThread, threads: Threads): ShownThread {
  const above = thread.parent === undefined ? undefined : threads.get(thread.parent);
  return above ? rootOf(above, threads) : thread;
}

/** Phases of flows and sub-agents, by what they are a part of. */
export function partsByParent(all: Iterable<ShownThread>): Map<string, ShownThread[]> {
  const parts = new Map<string, ShownThread[]>();
  for (const thread of all)
    if (thread.parent !== undefined && thread.kind === 'session')
      parts.set(thread.parent, [...(parts.get(thread.parent) ?? []), thread]);
  return parts;
}

/** All that is a part of a thread, what is deeper behind what it is a part of. */
export function partsBelow(
  id: string,
  parts: ReadonlyMap<string, readonly ShownThread[]>,
): readonly ShownThread[] {
  return (parts.get(id) ?? []).flatMap((part) => [part, ...partsBelow(part.id, parts)]);
}

/** Whether a person has something to do about a thread or a part of it. */
export function needsYouWithin(thread: ShownThread, parts: readonly ShownThread[]): boolean {
  return needsYou(thread) || parts.some(needsYou);
}

/** What a part is called beside the title of the whole. */
export function partName({ title, agent }: ShownThread, root: ShownThread): string {
  if (root.kind !== 'flow' && agent !== undefined && agent !== 'kino') return agent;
  return title.endsWith(`: ${root.title}`) ? title.slice(0, -root.title.length - 2) : title;
}
