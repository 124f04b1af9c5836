import type { StoredEvent, ThreadEvent, ThreadStore } from '../../thread/index.ts';
import { cellKey, cellsOf, type Experiment, type Plan } from '../experiment.ts';
import { fingerprint } from './names.ts';

type Stored<Type extends ThreadEvent['type']> = Extract<StoredEvent, { type: Type }>;

/** One rollout with all that its thread holds. */
export interface ExportedRollout {
  /** The id of its own thread, or one made of its cell where it never had one. The same in every export. */
  id: string;
  result: Stored<'rollout.finished'>;
  agent: Plan['agents'][number];
  /** The place of its task in the plan, from 0. */
  taskIndex: number;
  /** Empty where it failed before it had a thread. */
  events: readonly StoredEvent[];
  started?: Stored<'thread.started'>;
  scored?: Stored<'rollout.scored'>;
  ended?: Stored<'thread.ended'>;
  /** What the agent was asked; empty where it was asked nothing. */
  prompt: string;
}

/** What is exported: an experiment, and its rollouts one at a time. */
export interface ExportSource {
  experiment: Experiment;
  /** Those that finished, of one agent or of all, in the order of the plan. */
  rollouts(agent?: string): AsyncIterable<ExportedRollout>;
}

/** Reads rollouts when they are asked for, so that only one thread is in memory. */
export class StoredRollouts implements ExportSource {
  readonly experiment: Experiment;
  readonly #store: ThreadStore;

  constructor(store: ThreadStore, experiment: Experiment) {
    this.#store = store;
    this.experiment = experiment;
  }

  /** @throws ThreadNotFoundError where the thread of a rollout is gone */
  async *rollouts(agent?: string): AsyncGenerator<ExportedRollout> {
    const { plan, results, summary } = this.experiment;
    const agents = new Map(plan.agents.map((one) => [one.label, one]));
    const places = new Map(plan.tasks.map((task, index) => [task, index]));
    const finished = new Map<string, Stored<'rollout.finished'>>();
    for (const event of await this.#store.read(summary.id)) {
      if (event.type === 'rollout.finished') finished.set(cellKey(event), event);
    }
    for (const cell of cellsOf(plan)) {
      if (agent !== undefined && cell.agent !== agent) continue;
      const result = finished.get(cellKey(cell));
      // What has finished since the experiment was read is not in its figures either.
      if (!result || !results.has(cellKey(cell))) continue;
      const own = result.thread !== summary.id;
      const events = own ? await this.#store.read(result.thread) : [];
      yield {
        id: own ? result.thread : fingerprint([summary.id, cell.task, cell.agent, cell.attempt]),
        result,
        agent: agents.get(cell.agent)!,
        taskIndex: places.get(cell.task)!,
        events,
        ...definite({
          started: last(events, 'thread.started'),
          scored: last(events, 'rollout.scored'),
          ended: last(events, 'thread.ended'),
        }),
        prompt: events.find((event) => event.type === 'user.message')?.text ?? '',
      };
    }
  }
}

/** The bound of its budget that ended a rollout. The thread says it in words only, so it is counted again. */
export function reachedBound(
  { ended }: ExportedRollout,
  budget: Plan['budget'],
): { bound: 'steps' | 'seconds' | 'tokens' | 'usd'; limit: number } | undefined {
  if (ended?.status !== 'exhausted') return undefined;
  const spent = {
    steps: ended.steps,
    tokens: (ended.usage.inputTokens ?? 0) + (ended.usage.outputTokens ?? 0),
    usd: ended.costUsd ?? 0,
    seconds: ended.durationMs / 1000,
  };
  for (const bound of ['steps', 'tokens', 'usd', 'seconds'] as const) {
    const limit = budget[bound];
    if (limit !== undefined && spent[bound] >= limit) return { bound, limit };
  }
  return undefined;
}

/** An object without what is undefined in it. */
export function definite<Fields extends object>(
  fields: Fields,
): { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

function last<Type extends ThreadEvent['type']>(
  events: readonly StoredEvent[],
  type: Type,
): Stored<Type> | undefined {
  return events.findLast((event): event is Stored<Type> => event.type === type);
}
