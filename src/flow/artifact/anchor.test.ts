import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anchorAt, anchorOn, lineAt, locate } from './anchor.ts';

const line = fc.stringMatching(/^[a-z ]{0,12}$/);
const document = fc.array(line, { minLength: 1, maxLength: 12 }).map((lines) => lines.join('\n'));

/** A text with a place in it that is not empty. */
const placed = document
  .filter((text) => text.trim() !== '')
  .chain((text) =>
    fc
      .tuple(fc.nat(text.length - 1), fc.nat(text.length - 1))
      .map(([a, b]) => ({ text, span: { start: Math.min(a, b), end: Math.max(a, b) + 1 } })),
  );

test('an anchor finds its place in the text that it was made on, also among others like it', () => {
  fc.assert(
    fc.property(placed, ({ text, span }) => {
      const found = locate(anchorAt(text, span), text)!;
      expect(text.slice(found.start, found.end)).toBe(text.slice(span.start, span.end));
      // Where the surroundings tell them apart it is the very place.
      const context = text.slice(Math.max(0, span.start - 48), span.end + 48);
      if (text.split(context).length === 2) expect(found).toEqual(span);
    }),
  );
});

test('what is written far before or after does not move it', () => {
  fc.assert(
    fc.property(placed, document, document, ({ text, span }, before, after) => {
      const far = 'x'.repeat(60);
      const grown = `${before}\n${far}\n${text}\n${far}\n${after}`;
      const anchor = anchorAt(`${far}\n${text}\n${far}`, { start: span.start + 61, end: span.end + 61 });
      const found = locate(anchor, grown)!;
      expect(found.start).toBe(before.length + 62 + span.start);
    }),
  );
});

const PLAN = '# Plan\n\n1. Rename the function greet.\n2. Add a test for it.\n3. Write the notes.\n';

test('words that were changed a little are found, words that are gone are not', () => {
  const anchor = anchorOn(PLAN, 'Add a test for it.')!;
  expect(anchor).toMatchObject({ line: 4, prefix: expect.stringContaining('greet.\n2. ') });
  const reworded = PLAN.replace('Add a test for it.', 'Add two tests for it.').replace(
    '# Plan',
    '# The plan\n\nA line.',
  );
  const found = locate(anchor, reworded)!;
  expect(reworded.slice(found.start, found.end)).toBe('2. Add two tests for it.');
  expect(locate(anchor, PLAN.replace('2. Add a test for it.\n', ''))).toBeUndefined();
  expect(
    locate(anchor, 'Something else entirely, and a long line of it that has nothing in common.'),
  ).toBeUndefined();
  expect(locate(anchor, '')).toBeUndefined();
});

test('of the same words in several places the line decides', () => {
  const text = 'same\nother\nsame\n';
  expect(anchorOn(text, 'same', 3)).toMatchObject({ line: 3 });
  expect(anchorOn(text, 'same', 2)).toBeUndefined();
  expect(lineAt(text, text.lastIndexOf('same'))).toBe(3);
});
