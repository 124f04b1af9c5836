import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WordError } from './dockerfile-error.ts';
import { splitWords, substitute } from './dockerfile-words.ts';

const env = new Map([
  ['X', 'va lue'],
  ['E', ''],
]);
const fill = (text: string) => substitute(text, { escapeChar: '\\', env });

test.each([
  ['$X', 'va lue'],
  [`\${X}s`, 'va lues'],
  ['$Xs', ''],
  ['a$', 'a$'],
  ['$1', ''],
  ['\\$X', '$X'],
  ["'$X'", '$X'],
  ['"$X"', 'va lue'],
  ['"\\$X \\a \\""', '$X \\a "'],
  [`\${Y:-d}`, 'd'],
  [`\${Y-d}`, 'd'],
  [`\${E:-d}`, 'd'],
  [`\${E-d}`, ''],
  [`\${X:-d}`, 'va lue'],
  [`\${X:+d}`, 'd'],
  [`\${E:+d}`, ''],
  [`\${E+d}`, 'd'],
  [`\${Y+d}`, ''],
  [`\${Y:-\${E:-\${X}}}`, 'va lue'],
  [`\${Y:-"a}"}`, 'a}'],
  [`\${X:?no}`, 'va lue'],
])('%s is filled in as %j', (text, filled) => {
  expect(fill(text)).toBe(filled);
});

test.each([
  ['"a', /nothing closes/],
  ["'a", /nothing closes/],
  [`\${`, /without a name/],
  [`\${}`, /without a name/],
  [`\${X`, /not known/],
  [`\${X:-a`, /no "}"/],
  [`\${X!}`, /not known/],
  [`\${Y:?is missing}`, /needs a value of Y \(is missing\)/],
  [`\${X#v}`, /pattern/],
  [`\${X/a/b}`, /pattern/],
  [`\${a:-`.repeat(50_000), /too deeply/],
])('what is broken is refused: case %#', (text, message) => {
  expect(() => fill(text)).toThrow(WordError);
  expect(() => fill(text)).toThrow(message);
});

test('a value that grows without end is refused', () => {
  const large = new Map([['A', 'x'.repeat(100_000)]]);
  for (const text of ['$A$A', `"$A\${A}"`, '$A'.repeat(100_000), `"${'$A'.repeat(100_000)}"`]) {
    expect(() => substitute(text, { escapeChar: '\\', env: large })).toThrow(/from variables/);
  }
  expect(substitute('x'.repeat(500_000), { escapeChar: '\\', env: large })).toHaveLength(500_000);
});

test('words are split outside quotes, and keep them', () => {
  expect(splitWords(`a="b c" d='e f' g\\ h  i`, '\\')).toEqual([`a="b c"`, `d='e f'`, 'g\\ h', 'i']);
  expect(splitWords('a`"b c', '`')).toEqual(['a`"b', 'c']);
  expect(splitWords('  ', '\\')).toEqual([]);
});

test('what is quoted comes back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const quoted = `'${text.replaceAll("'", `'"'"'`)}'`;
      expect(fill(quoted)).toBe(text);
      expect(splitWords(quoted, '\\')).toEqual([quoted]);
    }),
  );
});
