import { SIGNALS, type Signal } from './signals.ts';

/** How much each signal counts, and how far below the best a file may lie and still be named. */
export interface Ranking {
  weights: Readonly<Record<Signal, number>>;
  /** A file is named when its score is at least this share of the best. */
  cut: number;
  /** No more files than this are named. */
  most: number;
}

/** Set on seven repositories, measured on others: `bench/finder` says which, and how well. */
export const RANKING: Ranking = {
  weights: {
    content: 1,
    coverage: 0,
    folders: 0.3,
    name: 0.3,
    scope: 0.45,
    definitions: 0.2,
    neighbours: 0.45,
    recency: 0.2,
    changes: 0,
    cochange: 0.1,
  },
  cut: 0.85,
  most: 4,
};

/** The score of each file: the weighted sum of its signals. */
export function scoreFiles(
  signals: Readonly<Record<Signal, Float64Array>>,
  { weights }: Ranking = RANKING,
): Float64Array {
  const scores = new Float64Array(signals.content.length);
  for (const signal of SIGNALS) {
    const weight = weights[signal];
    if (weight === 0) continue;
    const values = signals[signal];
    for (let file = 0; file < scores.length; file++) scores[file]! += weight * values[file]!;
  }
  return scores;
}

/** How many of the best scores, highest first, are worth naming. */
export function howMany(scores: readonly number[], { cut, most }: Ranking = RANKING): number {
  const best = scores[0] ?? 0;
  if (best <= 0) return 0;
  let count = 0;
  while (count < most && count < scores.length && scores[count]! >= cut * best) count++;
  return count;
}
