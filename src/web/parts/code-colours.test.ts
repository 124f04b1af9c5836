import fc from 'fast-check';
import { expect, test } from 'vitest';
import { languageOf, tokensOf } from './code-colours.ts';

test('pieces of code are told apart', async () => {
  const code = "// why\nexport const greet = (name) => name + 1 + 'x';\n";
  const tokens = await tokensOf(code, languageOf('src/a.test.ts'));
  const of = (kind: string) =>
    tokens.filter((token) => token.kind === kind).map(({ start, end }) => code.slice(start, end));
  expect(of('comment')).toEqual(['// why']);
  expect(of('keyword')).toEqual(['export', 'const']);
  expect(of('number')).toEqual(['1']);
  expect(of('string').join('')).toContain("'x'");
  expect(of('title')).toEqual(['greet']);
});

test('languages go by the endings of files and by their names', () => {
  expect(['a.py', 'x/Makefile.rs', 'python', 'TSX', 'b.yml'].map(languageOf)).toEqual([
    'python',
    'rust',
    'python',
    'typescript',
    'yaml',
  ]);
  expect(['a.unknown', 'LICENSE', '', 'constructor'].map(languageOf)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test('whatever the code is, its pieces lie in it, in order and apart', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('typescript', 'python', 'xml', 'bash'),
      fc.string({ maxLength: 200 }),
      async (language, code) => {
        let last = 0;
        for (const { start, end } of await tokensOf(code, language)) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThanOrEqual(start);
          last = end;
        }
        expect(last).toBeLessThanOrEqual(code.length);
      },
    ),
  );
  expect(await tokensOf('x'.repeat(50_000), 'typescript')).toEqual([]);
});
