import type { RolloutFinished } from '../thread/index.ts';
import { clusterOf, taskMeans } from './report.ts';
import { type Estimate, estimateMean, pValue } from './statistics/clustered.ts';

/** The difference between two sides on the tasks that both have scored. */
export interface Comparison {
  a: string;
  b: string;
  /** Mean of a − b over shared tasks. */
  difference: Estimate;
  p?: number;
  clusteredBy: 'repository' | 'task';
  /** Only an interval that excludes 0 makes one side better. */
  verdict: 'a is better' | 'b is better' | 'not distinguishable';
  /** Tasks that only one side has scored; they are left out. */
  unpaired: number;
}

/** Two sides without a task in common. */
export class NothingToCompareError extends Error {
  override name = 'NothingToCompareError';
  constructor(a: string, b: string) {
    super(`${a} and ${b} have no scored task in common, so there is nothing to compare.`);
  }
}

/**
 * Compares two sets of rollouts task by task (a paired comparison: Miller 2024, arXiv 2411.00640, section 3.2), each
 * task the mean of its attempts.
 *
 * @throws NothingToCompareError
 */
export function comparePaired(
  a: { label: string; results: readonly RolloutFinished[] },
  b: { label: string; results: readonly RolloutFinished[] },
): Comparison {
  const ofA = taskMeans(a.results);
  const ofB = taskMeans(b.results);
  const shared = [...ofA.keys()].filter((task) => ofB.has(task));
  if (shared.length === 0) throw new NothingToCompareError(a.label, b.label);
  const clusteredBy = clusterOf(shared.map((task) => ofA.get(task)!.repository));
  const difference = estimateMean(
    shared.map((task) => ({
      value: ofA.get(task)!.value - ofB.get(task)!.value,
      cluster: clusteredBy === 'repository' ? ofA.get(task)!.repository : task,
    })),
    { bounds: [-1, 1] },
  );
  const p = pValue(difference);
  return {
    a: a.label,
    b: b.label,
    difference,
    ...(p !== undefined && { p }),
    clusteredBy,
    verdict: judge(difference),
    unpaired: new Set([...ofA.keys(), ...ofB.keys()]).size - shared.length,
  };
}

function judge({ interval, mean }: Estimate): Comparison['verdict'] {
  if (!interval || mean === 0) return 'not distinguishable';
  if (interval[0] > 0) return 'a is better';
  return interval[1] < 0 ? 'b is better' : 'not distinguishable';
}
