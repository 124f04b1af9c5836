import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyMutant, mutantsOf } from './index.ts';

const SOURCES: Record<string, string> = {
  'a.ts': `import { log } from 'a';
export async function f(a: number, b: string[] = []): Promise<number | undefined> {
  if (a < 1) return undefined;
  if (a === 3 && b.length > 0) { log(a, b); } else { a = 2; }
  return await g(a + 1, b);
}
`,
  'a.py': `def f(a, b):
    if not a or a == 3:
        return 0
    for i in range(len(b) - 1):
        if b[i] in a and b is not None:
            log(a, b)
    return a + 1
`,
  'a.go': `package p

func f(a int, b []int) int {
	if a < 1 {
		return 0
	}
	g(a, b)
	return a + 1
}
`,
  'a.rs': `fn f(a: i32) -> i32 { if a < 1 { return 0; } g(a, 2); let x = true; a + 1 }\n`,
  'A.java': `class A { int f(int a) { if (a < 1) { return 0; } g(a, 2); return a + 1; } }\n`,
};

const operatorsIn = async (path: string) =>
  [...new Set((await mutantsOf(path, SOURCES[path]!)).map(({ operator }) => operator))].sort();

test.each(Object.keys(SOURCES))('%s: the mistakes that people make', async (path) => {
  const operators = await operatorsIn(path);
  for (const one of [
    'off by one',
    'wrong operator',
    'negated condition',
    'removed guard',
    'swapped arguments',
    'removed call',
  ])
    expect(operators).toContain(one);
});

test('what a language alone has', async () => {
  expect(await operatorsIn('a.ts')).toContain('dropped await');
  expect(await operatorsIn('a.py')).toContain('lost return value');
  expect(await operatorsIn('a.go')).not.toContain('lost return value');
});

test('a mutant changes what it says on the line that it says, and nothing in imports and types', async () => {
  const source = SOURCES['a.ts']!;
  for (const mutant of await mutantsOf('a.ts', source)) {
    const changed = applyMutant(source, mutant);
    expect(changed).not.toBe(source);
    const lines = source.split('\n');
    const first = changed.split('\n').findIndex((line, at) => line !== lines[at]);
    expect(first + 1).toBe(mutant.line);
    expect(mutant.line).toBeGreaterThan(2);
  }
});

test('only on the lines that are asked for', async () => {
  const mutants = await mutantsOf('a.py', SOURCES['a.py']!, new Set([7]));
  expect(mutants.length).toBeGreaterThan(1);
  expect(new Set(mutants.map(({ line }) => line))).toEqual(new Set([7]));
});

test('files of other languages and broken files have none that would be worse than they are', async () => {
  expect(await mutantsOf('a.txt', 'if (a < 1) return 2;')).toEqual([]);
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
      for (const { start, end } of await mutantsOf('a.js', text)) {
        expect(start).toBeGreaterThanOrEqual(0);
        expect(end).toBeLessThanOrEqual(text.length);
      }
    }),
    { numRuns: 100 },
  );
});
