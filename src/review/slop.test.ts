import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRepository } from '../../test/support/repository.ts';
import { changeOf } from './change.ts';
import type { FileDiff } from './diff.ts';
import { hollowTests } from './hollow-tests.ts';

const added = (path: string, text: string): FileDiff => ({
  ...{ path, status: 'added', binary: false, added: 0, removed: 0 },
  hunks: [
    {
      id: 'x',
      heading: '',
      lines: text.split('\n').map((line, at) => ({ kind: 'added', text: line, new: at + 1 })),
    },
  ],
});
const hollow = (path: string, text: string) => hollowTests(added(path, text)).map(({ line }) => line);

test.each([
  ['a.test.ts', "test('adds', () => {\n  sum(1);\n});", [1]],
  ['a.test.ts', "test('expects', () => {\n  sum(1);\n});", [1]],
  ['a.test.ts', "it('adds', async () => {\n  expect(true).toBe(true);\n});", [1]],
  ['a.test.ts', "it('adds', () => expect(1).toEqual(1));", [1]],
  ['a.test.ts', "it('adds', () => {\n  expect(sum).toBe(sum);\n  // expect(sum()).toBe(1)\n});", [1]],
  ['a.test.ts', "it('adds', () => {});", [1]],
  ['a.test.ts', "it('adds', () => {\n  expect(sum(1)).toBe(1);\n});", []],
  ['a.test.ts', "it('adds', () => expect(sum(1)).toBe(1));", []],
  ['a.test.ts', "it('adds', () => {\n  proveSound(task);\n});", []],
  ['a.test.ts', "it.skip('adds', () => {\n  sum(1);\n});", []],
  ['a.test.ts', "test('adds', (t) => {\n  t.is(sum(1), 1);\n});", []],
  ['a.test.ts', "test('goes on", []],
  ['test_a.py', 'def test_adds():\n    sum(1)\n\ndef other():\n    pass', [1]],
  ['test_a.py', 'def test_adds():\n    assert True', [1]],
  ['test_a.py', 'def test_adds():\n    assert total(1) == 1', []],
  ['test_a.py', 'def test_adds(self):\n    self.assertEqual(total(1), 1)', []],
  ['test_a.py', 'def test_adds():\n    with pytest.raises(ValueError):\n        total()', []],
  ['a_test.go', 'func TestAdds(t *testing.T) {\n\tSum(1)\n}', [1]],
  ['a_test.go', 'func TestAdds(t *testing.T) {\n\tif Sum(1) != 1 {\n\t\tt.Fatal("no")\n\t}\n}', []],
  ['a.rs', '#[test]\nfn adds() {\n    sum(1);\n}', [2]],
  ['a.rs', '#[test]\nfn adds() {\n    assert_eq!(1, 1);\n}', [2]],
  ['a.rs', '#[test]\nfn adds() {\n    assert_eq!(sum(1), 1);\n}', []],
  ['a.rs', 'fn adds() {\n    sum(1);\n}', []],
])('%s: %s', (path, text, lines) => {
  expect(hollow(path, text)).toEqual(lines);
});

test('a test that was there and is not changed is nothing of the change', () => {
  const file = added('a.test.ts', "test('adds', () => {\n  sum(1);\n});");
  for (const line of file.hunks[0]!.lines) Object.assign(line, { kind: 'context' });
  expect(hollowTests(file)).toEqual([]);
});

test('what is made to take long is done as well', () => {
  const long = ['expect(', 'assert ', "it('", 'expect(a).toBe(', '#[test]', ' '].map((one) =>
    one.repeat(20_000),
  );
  for (const text of long) hollow('a.test.ts', `it('x', () => {\n${text}\n});`);
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("it('a', () => {", '});', '  x();', 'expect(1).toBe(1);', ''), {
        maxLength: 12,
      }),
      (lines) => {
        for (const line of hollow('a.test.ts', lines.join('\n')))
          expect(line).toBeLessThanOrEqual(lines.length);
      },
    ),
  );
});

const BLOCK = Array.from({ length: 7 }, (_, at) => `  const value${at} = compute(input, ${at});`).join('\n');

test('names that nothing uses, and lines that the repository had already, are told', async () => {
  const { path, commit } = createRepository([
    {
      message: 'first',
      files: {
        'src/old.ts': `export function before(input) {\n${BLOCK}\n}\nexport function removed() {}\nexport function again() {}\nbefore(1);\n`,
        'docs/a.md': 'untouched\n',
      },
    },
  ]);
  commit({
    message: 'second',
    files: {
      'src/old.ts': `export function before(input) {\n${BLOCK}\n}\nexport function again(a) {}\nbefore(1);\n`,
      'src/new.ts': `export function copied(input) {\n${BLOCK}\n}\nexport const lonely = 1;\nexport const onlyTested = 2;\nexport const needed = 3;\n`,
      'src/user.ts': "import { needed } from './new.ts';\nconsole.info(needed);\n",
      'src/new.test.ts':
        "import { onlyTested } from './new.ts';\ntest('it', () => expect(onlyTested).toBe(2));\n",
    },
  });
  const committed = await changeOf(path, 'HEAD~', 'HEAD');
  expect(committed.slop).toMatchObject({ duplicate: 1, 'dead-code': 3 - 1, 'hollow-test': 0 });
  const questions = committed.tour.stops.find((stop) => stop.path === 'src/new.ts')!.questions;
  expect(questions).toContain('Line 2 repeats lines that are there already: as src/old.ts:2');
  expect(questions).toContain('Line 1 is used by nothing: copied');
  expect(questions).toContain('Line 10 is used by nothing: lonely');
  expect(questions).toContain('Line 11 is used by nothing: onlyTested, but its tests');
  // Of the files as they are the same is told.
  expect((await changeOf(path, 'HEAD~')).slop).toEqual(committed.slop);
  // What is no commit is no option either.
  await expect(changeOf(path, '--output=/tmp/x')).rejects.toThrow('--output=/tmp/x');
});
