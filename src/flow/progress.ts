import type { ThreadEvent, ThreadStore, TodoItem } from '../thread/index.ts';
import { type Flow, standingRun } from './flow.ts';
import { readIfAny } from './phase.ts';

/** What an agent has on its list, as it stands now. */
export function todosOf(events: readonly ThreadEvent[]): readonly TodoItem[] {
  return events.findLast((event) => event.type === 'todo.updated')?.items ?? [];
}

/** What the agents of the phases that start from a phase's artifact have on their lists, as they stand now. */
export async function progressOn(store: ThreadStore, flow: Flow, phase: string): Promise<TodoItem[]> {
  const items: TodoItem[] = [];
  for (const state of flow.phases) {
    const run = state.phase.reads.includes(phase) ? standingRun(state) : undefined;
    if (!run) continue;
    items.push(...todosOf(await readIfAny(store, run.thread)));
  }
  return items;
}
