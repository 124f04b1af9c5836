import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tourMarkdown, withKeptTour } from './guide.ts';
import type { Stop, Tour } from './tour.ts';

// Blanks are one wherever they stand.
const words = fc
  .stringMatching(/^[A-Za-z][A-Za-z ,.?]{0,40}[A-Za-z?]$/)
  .map((text) => text.replace(/ +/g, ' '));
const path = fc.stringMatching(/^[a-z`]{1,8}(?:\/[a-z`. ]{0,6}[a-z])?$/).filter((one) => /[a-z]$/.test(one));
const stop = fc.record({ path, why: words, questions: fc.uniqueArray(words, { maxLength: 4 }) });

function tour(stops: readonly Pick<Stop, 'path' | 'why' | 'questions'>[]): Tour {
  return {
    stops: stops.map((one) => ({ ...one, kind: 'source', added: 1, removed: 0, status: 'changed' })),
    folded: [],
  };
}

test('what a tour says of its stops is read again from what is kept of it', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(stop, { selector: (one) => one.path, minLength: 1, maxLength: 6 }),
      (stops) => {
        const bare = tour(stops.map(({ path: at }) => ({ path: at, why: 'It is changed.', questions: [] })));
        expect(withKeptTour(bare, tourMarkdown(tour(stops)))).toEqual(tour(stops));
      },
    ),
  );
});

test('what the change asks now is asked as well, and stops that are gone are not there', () => {
  const kept = tourMarkdown(
    tour([
      { path: 'a', why: 'It decides.', questions: ['Why?'] },
      { path: 'gone', why: 'x', questions: [] },
    ]),
  );
  const now = withKeptTour(tour([{ path: 'a', why: 'w', questions: ['No test?'] }]), kept);
  expect(now.stops).toMatchObject([{ path: 'a', why: 'It decides.', questions: ['Why?', 'No test?'] }]);
});
