import { SIGNALS, type Signal } from './signals.ts';

/** How much each signal counts, and how far below the best a file may lie and still be named. */
export interface Ranking {
  weights: Readonly<Record<Signal, number>>;
  /** A file is named when its score is less than this below the best. */
  margin: number;
  /** No more files than this are named. */
  most: number;
}

/**
 * Learned from eleven repositories by listwise softmax regression (`bench/finder/tune.ts`), so that a difference of
 * scores is a difference of log odds. `bench/finder/compare.ts` measures it on eight others.
 */
export const RANKING: Ranking = {
  weights: {
    content: 2.04,
    folders: 0.58,
    name: 0.98,
    scope: 1.59,
    definitions: 0.97,
    neighbours: 0.46,
    recency: 1.91,
    cochange: 0.3,
    subject: 1.07,
    identifiers: 0.67,
    profile: 1.6,
  },
  margin: 0.85,
  most: 5,
};

/** The score of each file: the weighted sum of its signals; 0 where only its recency speaks for it. */
export function scoreFiles(
  signals: Readonly<Record<Signal, Float64Array>>,
  { weights }: Ranking = RANKING,
): Float64Array {
  const scores = new Float64Array(signals.content.length);
  for (const signal of SIGNALS) {
    if (signal === 'recency') continue;
    const values = signals[signal];
    for (let file = 0; file < scores.length; file++) scores[file]! += weights[signal] * values[file]!;
  }
  return scores.map((score, file) => (score === 0 ? 0 : score + weights.recency * signals.recency[file]!));
}

/** How many of the best scores, highest first, are worth naming. */
export function howMany(scores: readonly number[], { margin, most }: Ranking = RANKING): number {
  const best = scores[0] ?? 0;
  if (best <= 0) return 0;
  let count = 0;
  while (count < most && count < scores.length && scores[count]! > best - margin) count++;
  return count;
}
