import fc from 'fast-check';
import { expect, test } from 'vitest';
import { filesNamed } from './answer.ts';

const known = new Set([
  'src/a.ts',
  'src/b.ts',
  'src/c.ts',
  'a/d.ts',
  'd.ts',
  'app/[id]/page.tsx',
  'my file.ts',
  'Makefile',
]);
const named = (answer: string) => filesNamed(answer, known).named;

test.each([
  ['an array', '["src/b.ts", "src/a.ts"]', ['src/b.ts', 'src/a.ts']],
  [
    'an array in a block after prose',
    'It is `src/c.ts`, no:\n```json\n[\n  "src/a.ts"\n]\n```\nDone.',
    ['src/a.ts'],
  ],
  ['an object', '{"files": ["src/a.ts"]}', ['src/a.ts']],
  ['an object inside another', '{"answer": {"files": ["src/a.ts"]}}', ['src/a.ts']],
  ['the last array', '["src/a.ts"] or rather ["src/b.ts"]', ['src/b.ts']],
  ['the last array of paths', '["src/a.ts"] as in [1] and [2, 3], [] and {"x": 1}', ['src/a.ts']],
  ['brackets in a path', 'See [1].\n["app/[id]/page.tsx", "src/a.ts"]', ['app/[id]/page.tsx', 'src/a.ts']],
  ['a blank in a path', '["my file.ts"]', ['my file.ts']],
  ['unknown paths', '["src/none.ts", "src/a.ts", "", "../src/b.ts"]', ['src/a.ts']],
  ['repetitions', '["src/a.ts", "./src/a.ts", "src/a.ts:3"]', ['src/a.ts']],
  ['the same name in two places', '["a/d.ts", "d.ts"]', ['a/d.ts', 'd.ts']],
  ['prose', 'Change `src/b.ts` and **src/a.ts**, then Makefile.', ['src/b.ts', 'src/a.ts', 'Makefile']],
  ['prefixes', './src/a.ts /src/b.ts b/src/c.ts', ['src/a.ts', 'src/b.ts', 'src/c.ts']],
  ['line numbers', 'src/a.ts:12 src/b.ts:1-9, src/c.ts:3:4.', ['src/a.ts', 'src/b.ts', 'src/c.ts']],
  [
    'the end of a sentence',
    'Is it src/a.ts? No: src/b.ts:12. And src/c.ts!',
    ['src/a.ts', 'src/b.ts', 'src/c.ts'],
  ],
  ['nothing', '', []],
  ['an empty list', '{"files": []} but src/a.ts', []],
  ['a word that only contains a path', 'xsrc/a.ts src/a.tsx', []],
])('%s', (_what, answer, files) => {
  expect(named(answer)).toEqual(files);
});

test('what is possible besides is ranked after what is named, and named it is not', () => {
  const answer = '{"files": ["src/b.ts"], "also": ["src/a.ts", "src/b.ts", "none"]}';
  expect(filesNamed(answer, known)).toEqual({ named: ['src/b.ts'], ranked: ['src/b.ts', 'src/a.ts'] });
});

test('whoever names everything names no more than twenty', () => {
  const paths = Array.from({ length: 1_000 }, (_, i) => `src/f${i}.ts`);
  const all = new Set(paths);
  for (const answer of [
    JSON.stringify(paths),
    paths.join('\n'),
    JSON.stringify({ files: [], also: paths }),
  ]) {
    const { named: files, ranked } = filesNamed(answer, all);
    expect(files.length).toBeLessThanOrEqual(20);
    expect(ranked).toEqual(paths.slice(0, 20));
  }
});

test('any paths come back from a JSON answer, in any prose that has no list of its own', () => {
  const paths = fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1 }), {
    minLength: 1,
    maxLength: 20,
  });
  const prose = fc.stringMatching(/^[\w .,'\n`-]{0,40}$/);
  fc.assert(
    fc.property(paths, prose, prose, (files, before, after) => {
      expect(filesNamed(`${before}${JSON.stringify(files)}${after}`, new Set(files)).named).toEqual(files);
    }),
  );
});

test('any answer is read, names only known paths, each once', () => {
  const token = fc.constantFrom(
    '[',
    ']',
    '{',
    '}',
    '"',
    ',',
    ' ',
    'src/a.ts',
    '"src/b.ts"',
    'files',
    ':',
    '\\',
    '\n',
  );
  fc.assert(
    fc.property(fc.array(token, { maxLength: 60 }), (tokens) => {
      const { named: files, ranked } = filesNamed(tokens.join(''), known);
      expect(new Set(ranked).size).toBe(ranked.length);
      expect(ranked.slice(0, files.length)).toEqual(files);
      for (const file of ranked) expect(known.has(file)).toBe(true);
    }),
    { numRuns: 500 },
  );
  for (const part of ['[', '{', '"', '["', '{"a', '[1,', '\\"', '[{']) named(part.repeat(5_000));
});
