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
 * Compares the files that were named, best first, with the right ones. F1 judges them as a set, the rest as a list.
 *
 * @param named in the order named; repetitions count once
 * @param gold at least one
 */
export function scoreFiles(named: readonly string[], gold: readonly string[]): LocalizeMetrics {
  const right = new Set(gold);
  const list = [...new Set(named)];
  const hits = list.filter((path) => right.has(path)).length;
  const recallAt = (k: number) => list.slice(0, k).filter((path) => right.has(path)).length / right.size;
  const precision = list.length === 0 ? 0 : hits / list.length;
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
