import { cellKey, cellsOf, type Experiment } from './experiment.ts';

/** What the baselines must get: the task's own answer everything, doing nothing nothing. */
const WANTED: Readonly<Record<string, number>> = { oracle: 1, nop: 0 };

/** A baseline that did not get on a task what it must. */
export interface Misfit {
  task: string;
  agent: string;
  wanted: number;
  /** Null where infrastructure broke. */
  reward: number | null;
  reason: string;
  thread: string;
}

/** Where an experiment of the baselines shows that a task or its verifier is wrong; in the order of the plan. */
export function misfits(experiment: Experiment): Misfit[] {
  const found: Misfit[] = [];
  for (const cell of cellsOf(experiment.plan)) {
    const wanted = WANTED[cell.agent];
    const result = experiment.results.get(cellKey(cell));
    if (wanted === undefined || !result || result.reward === wanted) continue;
    const { task, agent, reward, reason, thread } = result;
    found.push({ task, agent, wanted, reward, reason, thread });
  }
  return found;
}
