import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bm25, idf, Postings, populationOf } from './postings.ts';

function postingsOf(documents: Record<string, number>[]): Postings {
  const postings = new Postings();
  documents.forEach((counts, number) => {
    postings.add(number, new Map(Object.entries(counts)));
  });
  return postings;
}

const OPTIONS = { k1: 1.2, b: 0.75 };

test('postings know where a term is, how often, and how long a document is', () => {
  const postings = postingsOf([{ a: 2, b: 1 }, { b: 3 }, {}]);
  expect(postings.list('a')).toEqual([0, 2]);
  expect(postings.list('b')).toEqual([0, 1, 1, 3]);
  expect(postings.list('c')).toEqual([]);
  expect([0, 1, 2, 3].map((document) => postings.length(document))).toEqual([3, 3, 0, 0]);
  expect(postings.size).toBe(3);
});

test('bm25 gives the values that one computes by hand', () => {
  const postings = postingsOf([{ a: 1, x: 1 }, { a: 3, x: 3 }, { x: 1 }]);
  const population = populationOf(postings, [0, 1, 2]);
  expect(population).toMatchObject({ count: 3, averageLength: 3 });
  const scores = bm25(postings, population, new Map([['a', 2]]), OPTIONS);
  // idf = ln(1 + 1.5 / 2.5); document 0 has length 2, document 1 length 6, of 3 on average.
  const rarity = Math.log(1.6);
  expect(scores[0]).toBeCloseTo((2 * rarity * 2.2) / (1 + 1.2 * (0.25 + 0.5)), 12);
  expect(scores[1]).toBeCloseTo((2 * rarity * 2.2 * 3) / (3 + 1.2 * (0.25 + 1.5)), 12);
  expect(scores[2]).toBe(0);
});

test('a document outside the population counts for nothing, in scores and in statistics', () => {
  const few = postingsOf([{ a: 1 }, { b: 2 }]);
  const many = postingsOf([{ a: 1 }, { b: 2 }, { a: 9, b: 9, c: 100 }]);
  const terms = new Map([
    ['a', 1],
    ['c', 1],
  ]);
  const expected = bm25(few, populationOf(few, [0, 1]), terms, OPTIONS);
  const scores = bm25(many, populationOf(many, [1, 0, 1]), terms, OPTIONS);
  expect([...scores]).toEqual([...expected, 0]);
});

test('documents that come after a population was made do not change its scores', () => {
  const postings = postingsOf([{ a: 1 }, { b: 2 }]);
  const population = populationOf(postings, [0, 1]);
  const terms = new Map([['a', 1]]);
  const before = bm25(postings, population, terms, OPTIONS);
  postings.add(2, new Map([['a', 5]]));
  expect([...bm25(postings, population, terms, OPTIONS)]).toEqual([...before, 0]);
});

test('a rarer term counts more, and none counts negative', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.nat(10_000), (count, given) => {
      const frequency = Math.min(given, count);
      expect(idf(count, frequency)).toBeGreaterThan(0);
      expect(idf(count, frequency)).toBeLessThan(idf(count + 1, frequency));
    }),
  );
});

test('scores are finite, not negative, and zero where no term is', () => {
  const document = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 50 }));
  fc.assert(
    fc.property(fc.array(document, { maxLength: 8 }), (documents) => {
      const postings = postingsOf(documents);
      const terms = new Map([['a', 1]]);
      const scores = bm25(postings, populationOf(postings, documents.keys()), terms, OPTIONS);
      expect([...scores].map((score) => score > 0 && Number.isFinite(score))).toEqual(
        documents.map((counts) => 'a' in counts),
      );
    }),
  );
});

test('an empty population scores nothing', () => {
  const postings = postingsOf([{ a: 1 }]);
  expect([...bm25(postings, populationOf(postings, []), new Map([['a', 1]]), OPTIONS)]).toEqual([0]);
});
