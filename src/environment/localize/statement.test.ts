import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countWords, statementOf } from './statement.ts';

const FILES = [
  'src/http/router.ts',
  'lib/cache.py',
  'app/[slug]/page.tsx',
  'docs/my notes.md',
  'bin/kino',
  'Makefile',
];

test.each([
  ['Handle `src/http/router.ts` when it is empty', 'Handle when it is empty'],
  ['Handle ./src/http/router.ts:12, and (lib/cache.py)', 'Handle:12,'],
  ['Let router.ts and cache.py agree on Cache.py', 'Let agree'],
  ['The src/http/router drops the last slash', 'The drops the last slash'],
  ['Rename src/http/ and all below', 'Rename and all below'],
  ['Show the title of app/[slug]/page.tsx again', 'Show the title of again'],
  ['Spell docs/my notes.md, or my notes.md, right', 'Spell, or, right'],
  ['Let bin/kino start', 'Let start'],
  ['Read package.json and other.config.yaml first', 'Read first'],
  ['See https://example.com/a?b=c#d for more', 'for more'],
  ['Remove reference to Martini from recovery.go', 'Remove reference to Martini'],
  ['Fixes #654, #824, #843 and #951 for good', 'for good'],
  ['It broke in 8.4.0 by #1 and properly and #3043.', 'It broke in 8.4.0 and properly.'],
  ['Add the Status() method to os.execvp()', 'Add the Status() method to os.execvp()'],
  ['[ByteDance](https://example.com) is the largest', '[ByteDance] is the largest'],
  ['Undo what 1a2b3c4d5e broke (#123)', 'Undo what broke'],
  ['Close idle connections, fixes #12, see org/repo#34', 'Close idle connections,,'],
  ['* src/x.c (main): Handle signals', 'Handle signals'],
])('%j becomes %j', (message, statement) => {
  expect(statementOf(message, FILES)).toBe(statement);
});

test.each([
  'fix: handle an empty list of headers',
  'fix(router): handle an empty list of headers',
  'refs: allow loose names',
  'net/http: close idle connections',
  '[core] close idle connections',
  'Support read/write and/or input/output, e.g. on Node.js',
  'Use Array.from and items.map, i.e. no loops over process.env',
  'Say version 1.2.3 and not v2.0 in 50% of the cases: "quoted" (really)',
  'Decade added effaced 1234567',
])('%j stays as it is', (message) => {
  expect(statementOf(message, FILES)).toBe(message);
});

test('trailers, and what tools add, go from below the subject', () => {
  const message = [
    'fix: drop idle connections',
    '',
    'They stay open for ever.\r',
    '',
    'Fixes: #12',
    'Refs: ABC-1',
    'Signed-off-by: Ada <ada@example.com>',
    'co-authored-by: Bob <bob@example.com>',
    'Change-Id: I0123456789abcdef',
    '(cherry picked from commit 0123456789abcdef)',
    'git-svn-id: https://svn.example.com/trunk@1 abc',
  ].join('\n');
  expect(statementOf(message, [])).toBe('fix: drop idle connections\n\nThey stay open for ever.');
});

test('paragraphs stay apart and blanks do not pile up', () => {
  expect(statementOf('One  two\n\n\n\n  three `src/http/router.ts`\n- \nfour\n', FILES)).toBe(
    'One two\n\nthree\n\nfour',
  );
});

const segment = fc.stringMatching(/^[a-z_][A-Za-z0-9_+-]{0,8}$/);
const odd = fc.constantFrom('[slug]', '(group)', 'my folder', 'größe', '$id', '@scope', '.hidden', '{x}');
const extension = fc.constantFrom('ts', 'py', 'go', 'c', 'rs', 'spec.ts', 'd.ts', 'java', 'json');
const path = fc
  .tuple(fc.array(fc.oneof(segment, segment, odd), { maxLength: 4 }), fc.oneof(segment, odd), extension)
  .map(([folders, base, ext]) => [...folders, `${base}.${ext}`].join('/'));
const wrap = fc.constantFrom('%', '`%`', '(%)', '"%"', '%:12', '%,', '%.', './%', '* %: say', '<%>', '[%]');
const words = fc.constantFrom(
  'fix:',
  'the',
  'router',
  'and/or',
  'e.g.',
  '#12',
  '\n',
  '-',
  'Fixes: #1',
  '%',
  '`',
  '1.0',
);

test('no path of the commit is in the statement, however it is written down', () => {
  const paths = fc.array(path, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(
      paths,
      fc.array(fc.tuple(words, wrap, fc.nat(), fc.boolean()), { maxLength: 8 }),
      (files, parts) => {
        const message = parts
          .map(([word, around, which, whole]) => {
            const file = files[which % files.length]!;
            const name = whole ? file : file.slice(file.lastIndexOf('/') + 1);
            return `${word} ${around.replace('%', () => name)}`;
          })
          .join(' ');
        const statement = statementOf(message, files);
        for (const file of files) {
          for (const name of [file, file.slice(file.lastIndexOf('/') + 1)]) {
            const quoted = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
            expect(statement).not.toMatch(new RegExp(`(?<![\\w+-])${quoted}(?![\\w+-])`));
          }
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('any message comes to an end, tidy, and is the same when asked again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (message) => {
      const statement = statementOf(message, FILES);
      expect(statement).toBe(statement.trim());
      expect(statementOf(message, FILES)).toBe(statement);
    }),
  );
  for (const part of ['a', 'a-', 'a/', 'a.', '.1', '#1', '* ', '(', '0a', 'fix: '])
    statementOf(part.repeat(2_000), FILES);
});

test('words are runs with a letter', () => {
  expect(countWords('fix: the 2 größe - “x” 3.0\n\n日本 (a)')).toBe(6);
  expect(countWords(' - 12 ')).toBe(0);
});
