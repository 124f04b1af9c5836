import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundedLines, limitLine, limitText } from './limit.ts';

const lines = fc
  .array(fc.string({ maxLength: 30 }), { maxLength: 30 })
  .chain((all) => fc.constantFrom(all.join('\n'), `${all.join('\n')}\n`, all.join('')));

test('a text is cut to its bound: head and tail are kept, and what lies between is counted', () => {
  fc.assert(
    fc.property(lines, fc.integer({ min: 2, max: 300 }), (text, bound) => {
      const limited = limitText(text, bound);
      if (text.length <= bound) {
        expect(limited).toBe(text);
        return;
      }
      expect(limited.length).toBeLessThanOrEqual(bound + 80);
      // Any place may hold what looks like our note; one reading of it must add up.
      const readings = [...limited.matchAll(/\n?\[… (?:(\d+) lines, )?(\d+) characters cut …\]\n/g)].map(
        (note) => ({
          heads: [limited.slice(0, note.index), limited.slice(0, note.index + 1)],
          tail: limited.slice(note.index + note[0].length),
          lines: Number(note[1] ?? 0),
          cut: Number(note[2]),
        }),
      );
      const fits = readings.some(({ heads, tail, lines, cut }) =>
        heads.some((head) => {
          const between = text.slice(head.length, head.length + cut);
          return (
            head !== '' &&
            tail !== '' &&
            head + between + tail === text &&
            between.split('\n').length - 1 === lines
          );
        }),
      );
      expect(fits, JSON.stringify(limited)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('a text of lines is cut at line ends', () => {
  const text = Array.from({ length: 100 }, (_, i) => `line ${i}`).join('\n');
  expect(limitText(text, 50)).toBe(
    'line 0\nline 1\nline 2\n[… 94 lines, 745 characters cut …]\nline 97\nline 98\nline 99',
  );
});

test('one long line with a line end keeps its tail too', () => {
  expect(limitText(`a${'x'.repeat(1_000)}z\n`, 10)).toBe('axxxx\n[… 993 characters cut …]\nxxxz\n');
});

test('a long line keeps its head', () => {
  expect(limitLine('x'.repeat(2_000))).toBe('x'.repeat(2_000));
  expect(limitLine('x'.repeat(2_005))).toBe(`${'x'.repeat(2_000)}[… 5 more]`);
});

test('lines are the same wherever the text is cut into pieces', async () => {
  const text = fc.array(fc.constantFrom('a', 'é', '\n', '\r\n', '\r', '\u2028', 'x'.repeat(2_500)), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(60)), async (parts, cuts) => {
      const whole = parts.join('');
      async function* pieces() {
        let at = 0;
        for (const cut of cuts) {
          yield whole.slice(at, at + cut);
          at += cut;
        }
        yield whole.slice(at);
      }
      const expected = whole
        .split('\n')
        .map((line, index, all) => (index < all.length - 1 ? line.replace(/\r$/, '') : line));
      if (expected.at(-1) === '') expected.pop();
      const seen: string[] = [];
      for await (const line of boundedLines(pieces())) seen.push(limitLine(line.text, line.length));
      expect(seen).toEqual(expected.map((line) => limitLine(line)));
    }),
  );
});
