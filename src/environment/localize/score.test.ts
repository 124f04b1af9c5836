import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scoreFiles } from './score.ts';

test('the metrics are those that one computes by hand', () => {
  const named = ['x', 'a', 'y'];
  const ranked = [...named, 'p', 'q', 'b', 'r'];
  expect(scoreFiles({ named, ranked }, ['a', 'b'])).toEqual({
    f1: 0.4,
    precision: 1 / 3,
    recall: 1 / 2,
    recall_at_1: 0,
    recall_at_5: 1 / 2,
    recall_at_10: 1,
    mrr: 1 / 2,
  });
});

test('nothing named is worth nothing', () => {
  expect(new Set(Object.values(scoreFiles({ named: [], ranked: [] }, ['a'])))).toEqual(new Set([0]));
});

const files = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 8 });

test('every metric lies in 0..1, and f1 is 1 only when the sets are the same', () => {
  fc.assert(
    fc.property(
      files,
      files,
      fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }),
      (named, more, gold) => {
        const metrics = scoreFiles({ named, ranked: [...named, ...more] }, gold);
        for (const value of Object.values(metrics)) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
        }
        expect(metrics.f1 === 1).toBe(new Set(named).symmetricDifference(new Set(gold)).size === 0);
        expect(metrics.f1 === 0).toBe(new Set(named).isDisjointFrom(new Set(gold)));
        expect(metrics.recall_at_1).toBeLessThanOrEqual(metrics.recall_at_5);
        expect(metrics.recall_at_5).toBeLessThanOrEqual(metrics.recall_at_10);
      },
    ),
  );
});

test('repetitions count once, and the order of what is named does not change f1', () => {
  fc.assert(
    fc.property(files, (named) => {
      const f1 = (list: string[]) => scoreFiles({ named: list, ranked: list }, ['a', 'b']).f1;
      expect(f1([...named, ...named].reverse())).toBe(f1(named));
    }),
  );
});
