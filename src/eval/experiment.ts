import { z } from 'zod';
import type { RolloutFinished, StoredEvent, ThreadStore, ThreadSummary } from '../thread/index.ts';

/** What an experiment sets out to do: every agent on every task, so many times. */
export const planSchema = z.strictObject({
  environment: z.string(),
  /** Task ids, in the order in which they are tried. */
  tasks: z.array(z.string()),
  agents: z.array(z.strictObject({ label: z.string(), name: z.string(), model: z.string().optional() })),
  attempts: z.int().positive(),
  sandbox: z.string(),
  /** The bounds of one rollout. */
  budget: z.record(z.string(), z.number()),
  /** Where the models are asked, if not at their provider's own address. */
  baseUrl: z.string().optional(),
  /** The version of Kino: another one may do the same thing otherwise. */
  kino: z.string(),
});
export type Plan = z.infer<typeof planSchema>;

/** One place of the grid: a task, an agent, an attempt from 1. */
export interface Cell {
  task: string;
  agent: string;
  attempt: number;
}

export function cellKey({ task, agent, attempt }: Cell): string {
  return `${task} ${agent} ${attempt}`;
}

/** Every cell of a plan: attempt by attempt and task by task, so that agents meet a task at about the same time. */
export function cellsOf(plan: Plan): Cell[] {
  const cells: Cell[] = [];
  for (let attempt = 1; attempt <= plan.attempts; attempt++) {
    for (const task of plan.tasks)
      for (const { label } of plan.agents) cells.push({ task, agent: label, attempt });
  }
  return cells;
}

/** An experiment as its thread tells it. */
export interface Experiment {
  summary: ThreadSummary;
  plan: Plan;
  /** The last result of each cell, by `cellKey`. */
  results: ReadonlyMap<string, RolloutFinished>;
}

/** The results of an experiment in the order of its plan, whatever the order in which they came. */
export function resultsInOrder({ plan, results }: Experiment): RolloutFinished[] {
  return cellsOf(plan).flatMap((cell) => results.get(cellKey(cell)) ?? []);
}

/** A thread that is no experiment. */
export class NotAnExperimentError extends Error {
  override name = 'NotAnExperimentError';
  constructor(id: string) {
    super(`The thread ${id} is no experiment; \`kino threads list --kind experiment\` shows those.`);
  }
}

/** @throws ThreadNotFoundError @throws NotAnExperimentError */
export async function readExperiment(store: ThreadStore, id: string): Promise<Experiment> {
  const summary = await store.get(id);
  const experiment = fromEvents(summary, await store.read(id));
  if (!experiment) throw new NotAnExperimentError(id);
  return experiment;
}

function fromEvents(summary: ThreadSummary, events: readonly StoredEvent[]): Experiment | undefined {
  const planned = events.find((event) => event.type === 'experiment.planned');
  const plan = planSchema.safeParse(planned?.plan);
  if (!plan.success) return undefined;
  const results = new Map<string, RolloutFinished>();
  for (const event of events) if (event.type === 'rollout.finished') results.set(cellKey(event), event);
  return { summary, plan: plan.data, results };
}

/**
 * The experiment with this plan that goes on: one that was not finished, otherwise the newest. The name by which the
 * environment was called does not matter, its tasks do.
 */
export async function findExperiment(store: ThreadStore, plan: Plan): Promise<Experiment | undefined> {
  const wanted = identityOf(plan);
  let finished: Experiment | undefined;
  for (const summary of await store.list({ kind: 'experiment' })) {
    const experiment = fromEvents(summary, await store.read(summary.id));
    if (!experiment || identityOf(experiment.plan) !== wanted) continue;
    if (summary.status !== 'done') return experiment;
    finished ??= experiment;
  }
  return finished;
}

function identityOf(plan: Plan): string {
  return JSON.stringify({ ...planSchema.parse(plan), environment: '' });
}
