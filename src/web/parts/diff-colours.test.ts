import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changedPart, coloursOf } from './diff-colours.ts';
import type { Hunk } from './diff-rows.ts';

const hunkOf = (text: string): Hunk => ({
  id: 'x',
  heading: '',
  lines: text.split('\n').map((line, at) => ({
    kind: line[0] === '+' ? 'added' : line[0] === '-' ? 'removed' : 'context',
    text: line.slice(1),
    ...(line[0] === '-' ? { old: at + 1 } : { new: at + 1 }),
  })),
});
const partsOf = (hunk: Hunk) =>
  hunk.lines.map(({ text }, at) => {
    const part = changedPart(hunk, at);
    return part && text.slice(part.start, part.end);
  });

test('a line is held against the one that it takes the place of, not against the one that happens to be first', () => {
  const hunk = hunkOf(
    ' a\n-const greet = () => "hello";\n+import { base } from "./base.js";\n+const greet = (name) => "hello";\n+// more\n b',
  );
  expect(partsOf(hunk)).toEqual([undefined, undefined, undefined, 'name', undefined, undefined]);
  expect(partsOf(hunkOf('-x = 1;\n-y = 1;\n+x = 2;\n+y = 2;'))).toEqual(['1', '1', '2', '2']);
  expect(partsOf(hunkOf('-old\n+entirely different'))).toEqual([undefined, undefined]);
  expect(partsOf(hunkOf('+new'))).toEqual([undefined]);
});

test('colours are those of the code around a line: a comment goes on, and what was removed is not there', async () => {
  const hunk = hunkOf(' /* a\n-*/ const was = 1;\n+still a comment\n+*/ const is = 2;');
  const of = async (at: number) => {
    const { tokens } = await coloursOf('a.ts', hunk, at);
    return tokens.map(({ start, end, kind }) => [kind, hunk.lines[at]!.text.slice(start, end)]);
  };
  expect(await of(0)).toEqual([['comment', '/* a']]);
  expect(await of(1)).toContainEqual(['keyword', 'const']);
  expect(await of(2)).toEqual([['comment', 'still a comment']]);
  expect(await of(3)).toContainEqual(['number', '2']);
});

test('whatever the lines are, colours and changed parts lie within them', async () => {
  const line = fc.tuple(fc.constantFrom('+', '-', ' '), fc.stringMatching(/^[a-z"'/*\s]{0,12}$/));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 12 }), async (lines) => {
      const hunk = hunkOf(lines.map(([sign, text]) => sign + text.replace(/\n/g, ' ')).join('\n'));
      for (const [at, { text }] of hunk.lines.entries()) {
        const { tokens, changed } = await coloursOf('a.ts', hunk, at);
        for (const { start, end } of [...tokens, ...(changed ? [changed] : [])]) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(end).toBeLessThanOrEqual(text.length);
          expect(start).toBeLessThanOrEqual(end);
        }
      }
    }),
  );
});
