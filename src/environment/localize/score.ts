/** How well a ranked list of files answers, as information retrieval counts it. */
export interface LocalizeMetrics extends Record<string, number> {
  f1: number;
  precision: number;
  recall: number;
  recall_at_1: number;
  recall_at_5: number;
  recall_at_10: number;
  /** One over the rank of the first right file; 0 when none is right. */
  mrr: number;
}

/**
 * Compares the files of an answer with the right ones: F1, precision and recall of what it names, as a set; recall at
 * k and the reciprocal rank of its ranking.
 *
 * @param named what it stands for; repetitions count once
 * @param ranked best first, beginning with what is named
 * @param gold at least one
 */
export function scoreFiles(
  { named, ranked }: { named: readonly string[]; ranked: readonly string[] },
  gold: readonly string[],
): LocalizeMetrics {
  const right = new Set(gold);
  const set = new Set(named);
  const list = [...new Set(ranked)];
  const hits = [...set].filter((path) => right.has(path)).length;
  const recallAt = (k: number) => list.slice(0, k).filter((path) => right.has(path)).length / right.size;
  const precision = set.size === 0 ? 0 : hits / set.size;
  const recall = hits / right.size;
  const first = list.findIndex((path) => right.has(path));
  return {
    f1: hits === 0 ? 0 : (2 * precision * recall) / (precision + recall),
    precision,
    recall,
    recall_at_1: recallAt(1),
    recall_at_5: recallAt(5),
    recall_at_10: recallAt(10),
    mrr: first === -1 ? 0 : 1 / (first + 1),
  };
}
