import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linesThatMatter } from './lines.ts';
import { scopeOf } from './signals.ts';

test('the lines that say most of a question come in the order of the file', () => {
  const text =
    'import x\n\nfunction parseHeaders() {\n  return nothing;\n}\n// about the timeout of headers\nfoo();\n';
  expect(linesThatMatter(text, 'headers are parsed after the timeout')).toEqual([
    { line: 3, text: 'function parseHeaders() {' },
    { line: 6, text: '// about the timeout of headers' },
  ]);
});

test('rare words count more than frequent ones, and a definition more than a use', () => {
  const text = `${'header\n'.repeat(20)}const timeout = 1;\nuse(timeout);\n`;
  expect(linesThatMatter(text, 'header timeout', 1)).toEqual([{ line: 21, text: 'const timeout = 1;' }]);
});

test('nothing asked or nothing said gives no line', () => {
  expect(linesThatMatter('a\nb\n', 'something else')).toEqual([]);
  expect(linesThatMatter('header\n', 'the of and')).toEqual([]);
  expect(linesThatMatter('', 'header')).toEqual([]);
});

test('never more lines than asked, each a line of the text that shares a word with the question', () => {
  const word = fc.constantFrom('header', 'timeout', 'router', 'x', ' ', '\n', '(');
  fc.assert(
    fc.property(fc.array(word, { maxLength: 40 }), fc.integer({ min: 0, max: 5 }), (words, most) => {
      const text = words.join(' ');
      const lines = text.split('\n');
      const found = linesThatMatter(text, 'timeout router', most);
      expect(found.length).toBeLessThanOrEqual(most);
      for (const one of found) {
        expect(one.text).toBe(lines[one.line - 1]!.trim());
        expect(one.text).toMatch(/timeout|router/);
      }
    }),
  );
});

test('a long line is cut, and one of data is passed over', () => {
  expect(linesThatMatter(`header ${'x '.repeat(200)}`, 'header')[0]!.text).toHaveLength(200);
  expect(linesThatMatter(`header ${'x '.repeat(100_000)}`, 'header')).toEqual([]);
});

test.each([
  ['fix(router): handle', 'router'],
  ['feat(core/http)!: x', 'core/http'],
  ['net/http: close idle', 'net/http'],
  ['[core] x', 'core'],
  ['cmd/go, internal/x: y', 'cmd/go, internal/x'],
  ['fix: handle', undefined],
  ['Docs: x', undefined],
  ['handle the router', undefined],
  ['', undefined],
])('the scope of %j is %j', (subject, scope) => {
  expect(scopeOf(subject)).toBe(scope);
});
