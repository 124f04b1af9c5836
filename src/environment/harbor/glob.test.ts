import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileGlob, hasWildcard } from './glob.ts';

test.each([
  ['a*c', 'abbc', true],
  ['a*c', 'ab/c', false],
  ['?', 'é', true],
  ['?', '', false],
  ['[a-c]x', 'bx', true],
  ['[^a-c]x', 'bx', false],
  ['[!a-c]x', 'dx', true],
  ['[]]', ']', true],
  ['[a', '[a', true],
  ['\\*', '*', true],
  ['\\*', 'a', false],
  ['**/a', 'a', true],
  ['**/a', 'x/y/a', true],
  ['a/**', 'a', false],
  ['a/**', 'a/b/c', true],
  ['a/**/b', 'a/b', true],
  ['a/**/b', 'a/x/y/b', true],
  ['a/*/b', 'a/x/y/b', false],
])('%s and %s: %s', (pattern, path, matches) => {
  expect(compileGlob(pattern, { deep: true })(path)).toBe(matches);
});

test('two stars are one where folders are not meant', () => {
  expect(compileGlob('**', { deep: false })('a/b')).toBe(false);
  expect(compileGlob('**', { deep: false })('a')).toBe(true);
});

test('what has a wildcard is known', () => {
  expect(['a*', 'a?', '[a]'].every(hasWildcard)).toBe(true);
  expect(['a', '\\*', '[a', ''].some(hasWildcard)).toBe(false);
});

test('a pattern without wildcards matches itself alone, and every path matches the stars of its depth', () => {
  const path = fc
    .array(
      fc.string({ unit: 'grapheme', minLength: 1 }).map((name) => name.replace(/[/*?[\\]/g, '_')),
      { minLength: 1 },
    )
    .map((names) => names.join('/'));
  fc.assert(
    fc.property(path, path, (one, other) => {
      expect(compileGlob(one, { deep: true })(one)).toBe(true);
      expect(compileGlob(one, { deep: true })(other)).toBe(one === other);
      expect(compileGlob(one.replace(/[^/]+/g, '*'), { deep: false })(one)).toBe(true);
      expect(compileGlob('**', { deep: true })(one)).toBe(true);
    }),
  );
});

test('a pattern made to run for ever does not', () => {
  const pattern = `${'*a'.repeat(200)}*b`;
  expect(compileGlob(pattern, { deep: true })('a'.repeat(5000))).toBe(false);
  expect(compileGlob(`${'**/a/'.repeat(200)}b`, { deep: true })('a/'.repeat(3000))).toBe(false);
});
