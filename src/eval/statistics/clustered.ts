import { studentQuantile, studentTwoSidedP } from './student-t.ts';

/** One observation and the cluster that it shares its luck with. */
export interface Observation {
  value: number;
  cluster: string;
}

/** A mean with what is known of it. */
export interface Estimate {
  mean: number;
  /** Observations. */
  n: number;
  clusters: number;
  standardError: number;
  /** The 95 % interval; absent where there are fewer than two clusters. */
  interval?: [low: number, high: number];
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * The clustered standard error of a mean (Miller 2024, arXiv 2411.00640, section 2.2):
 * `sqrt(Σ_g (Σ_{i in g} (s_i − mean))²) / n`.
 */
export function clusteredStandardError(observations: readonly Observation[]): number {
  const mean = meanOf(observations.map(({ value }) => value));
  const sums = new Map<string, number>();
  for (const { value, cluster } of observations) sums.set(cluster, (sums.get(cluster) ?? 0) + value - mean);
  let squares = 0;
  for (const sum of sums.values()) squares += sum * sum;
  return Math.sqrt(squares) / observations.length;
}

/**
 * A mean and its 95 % interval: the clustered standard error, scaled by `sqrt(G / (G − 1))` for few clusters, times
 * Student's t with G − 1 degrees of freedom. Where all clusters agree, that would have the width 0 and claim certainty;
 * then the exact binomial bound tells how many that disagree may have been missed, each by the whole range at most.
 *
 * @param options.bounds between what the values lie; the interval is cut there
 */
export function estimateMean(
  observations: readonly Observation[],
  options: { bounds?: [number, number] } = {},
): Estimate {
  const values = observations.map(({ value }) => value);
  const mean = meanOf(values);
  const n = values.length;
  const clusters = new Set(observations.map(({ cluster }) => cluster)).size;
  if (clusters < 2) return { mean, n, clusters, standardError: Number.NaN };
  const standardError = clusteredStandardError(observations) * Math.sqrt(clusters / (clusters - 1));
  const [lowest, highest] = options.bounds ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const half = isZero(standardError)
    ? (highest - lowest) * (1 - 0.025 ** (1 / clusters))
    : studentQuantile(0.95, clusters - 1) * standardError;
  return {
    mean,
    n,
    clusters,
    standardError,
    interval: [Math.max(lowest, mean - half), Math.min(highest, mean + half)],
  };
}

/** A standard error that is only rounding. */
function isZero(standardError: number): boolean {
  return standardError < 1e-12;
}

/**
 * The two-sided p-value for a mean of 0; absent where there is no interval. Where all clusters agree it is that of the
 * sign test.
 */
export function pValue({ mean, standardError, clusters }: Estimate): number | undefined {
  if (clusters < 2) return undefined;
  if (isZero(standardError)) return mean === 0 ? 1 : 2 * 0.5 ** clusters;
  return studentTwoSidedP(mean / standardError, clusters - 1);
}
