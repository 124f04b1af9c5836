import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clusteredStandardError, estimateMean, pValue } from './clustered.ts';
import { quantile } from './quantile.ts';
import { studentQuantile, studentTwoSidedP } from './student-t.ts';

// Twelve binary scores in five clusters; the expected values were computed with statsmodels and scipy.
const SCORES = [1, 0, 1, 1, 0, 1, 1, 0, 0, 1, 1, 1];
const CLUSTERS = [0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 4, 4];
const clustered = SCORES.map((value, i) => ({ value, cluster: String(CLUSTERS[i]) }));
const alone = SCORES.map((value, i) => ({ value, cluster: String(i) }));

test("the clustered standard error is Miller's", () => {
  expect(clusteredStandardError(clustered)).toBeCloseTo(0.0878410461157883, 12);
});

test('with few clusters it is scaled as statsmodels scales it', () => {
  expect(estimateMean(clustered).standardError).toBeCloseTo(0.09820927516479834, 12);
});

test('where every observation is a cluster it is the standard error of the mean', () => {
  expect(estimateMean(alone).standardError).toBeCloseTo(0.1421338109037403, 12);
});

test('a paired difference has the t and the p of the paired t-test', () => {
  const b = [1, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1];
  const a = [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1];
  const difference = estimateMean(a.map((value, i) => ({ value: value - b[i]!, cluster: String(i) })));
  expect(difference.mean).toBe(0.25);
  expect(difference.mean / difference.standardError).toBeCloseTo(1.3932610920384718, 10);
  expect(pValue(difference)).toBeCloseTo(0.1910542980965691, 10);
});

test.each([
  [1, 12.706204736174698],
  [2, 4.302652729749464],
  [4, 2.7764451051977934],
  [11, 2.200985160082949],
  [30, 2.0422724563012373],
  [1000, 1.9623390808264078],
])("95 %% of Student's t with %d degrees of freedom lie within %d", (df, t) => {
  expect(studentQuantile(0.95, df)).toBeCloseTo(t, 8);
  expect(studentTwoSidedP(t, df)).toBeCloseTo(0.05, 10);
});

test('all zeros do not claim certainty: the bound is the exact binomial one', () => {
  const zeros = Array.from({ length: 10 }, (_, i) => ({ value: 0, cluster: String(i) }));
  const { interval } = estimateMean(zeros, { bounds: [0, 1] });
  // Clopper and Pearson for 0 of 10.
  expect(interval![0]).toBe(0);
  expect(interval![1]).toBeCloseTo(0.30849710781876083, 10);
});

test('one cluster has a mean and no interval', () => {
  const one = estimateMean([
    { value: 0.3, cluster: 'a' },
    { value: 0.5, cluster: 'a' },
  ]);
  expect(one).toMatchObject({ mean: 0.4, n: 2, clusters: 1 });
  expect(one.interval).toBeUndefined();
  expect(pValue(one)).toBeUndefined();
});

test('an interval holds its mean and stays in bounds, whatever is observed', () => {
  const observation = fc.record({
    value: fc.double({ min: 0, max: 1, noNaN: true }),
    cluster: fc.constantFrom('a', 'b', 'c', 'd'),
  });
  fc.assert(
    fc.property(fc.array(observation, { minLength: 2, maxLength: 30 }), (observations) => {
      const { interval, mean } = estimateMean(observations, { bounds: [0, 1] });
      if (!interval) return true;
      return (
        interval[0] >= 0 && interval[1] <= 1 && interval[0] <= mean + 1e-12 && interval[1] >= mean - 1e-12
      );
    }),
  );
});

test('quantiles interpolate as R and numpy do by default', () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([1, 2, 3, 4, 5], 0.95)).toBeCloseTo(4.8, 12);
  expect(quantile([], 0.5)).toBeNaN();
});

test('two tasks that agree prove nothing: the interval is wide and p is that of the sign test', () => {
  const two = estimateMean(
    [
      { value: 1, cluster: 'a' },
      { value: 1, cluster: 'b' },
    ],
    { bounds: [-1, 1] },
  );
  expect(two.interval![0]).toBeLessThan(0);
  expect(pValue(two)).toBe(0.5);
});
