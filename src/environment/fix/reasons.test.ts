import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { type CommitSpec, createRepository } from '../../../test/support/repository.ts';
import { sharedFolder } from '../../../test/support/temporary.ts';
import { openRepository } from '../../git/index.ts';
import type { Candidate } from '../environment.ts';
import type { FixTask } from '../task.ts';
import { type FixMineOptions, mineFix } from './mine.ts';
import { FIX_REASONS } from './reasons.ts';

// Each runs real test suites several times, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const [home, remove] = sharedFolder();
afterAll(remove);

type Files = NonNullable<CommitSpec['files']>;
const PACKAGE = (script = 'node --test') =>
  JSON.stringify({ name: 'sums', version: '1.0.0', type: 'module', scripts: { test: script } });
const SUM = (body: string) => `export function sum(numbers) {\n  ${body}\n}\n`;
const TESTS = (more = '') => `import assert from 'node:assert';
import { test } from 'node:test';
import { sum } from '../src/sum.js';

test('adds what it is given', () => assert.equal(sum([1, 2]), 3));
${more}`;
const MESSAGE =
  'Sums of nothing at all are zero and no longer undefined\n\nCallers had to look for it themselves before.';
const BASE: Files = {
  'package.json': PACKAGE(),
  'src/sum.js': SUM('return numbers.reduce((a, b) => a + b);'),
  'test/sum.test.js': TESTS(),
};
const GOOD = SUM('let total = 0;\n  for (const one of numbers) total += one;\n  return total;');
const EMPTY = "test('adds nothing up to zero', () => assert.equal(sum([]), 0));\n";
const FIX: Files = { 'src/sum.js': GOOD, 'test/sum.test.js': TESTS(EMPTY) };

/** What becomes of a change of a small library. */
async function verdictOn(
  change: Files,
  {
    base = {},
    message = MESSAGE,
    ...options
  }: { base?: Files; message?: string } & Partial<FixMineOptions> = {},
): Promise<Candidate<FixTask>> {
  const repository = createRepository([
    { message: 'A library that sums numbers up', files: { ...BASE, ...base } },
  ]);
  const only = repository.commit({ message, files: change });
  const mined = mineFix(await openRepository(repository.path), {
    ...{ place: { home }, repeats: 1, mutants: 1, only },
    ...options,
  });
  const [candidate] = await Array.fromAsync(mined);
  return candidate!;
}

async function taskOf(...given: Parameters<typeof verdictOn>): Promise<FixTask> {
  const candidate = await verdictOn(...given);
  expect(candidate, JSON.stringify('dropped' in candidate && candidate)).toHaveProperty('task');
  return (candidate as { task: FixTask }).task;
}
const in_ = (name: string) => `test/sum.test.js::${name}`;

describe('what is dropped, and why', () => {
  const cases: [name: keyof typeof FIX_REASONS, change: Files, more?: Parameters<typeof verdictOn>[1]][] = [
    ['revert', FIX, { message: 'Revert "Sums of nothing at all are undefined and not zero"' }],
    [
      'huge',
      { ...FIX, ...Object.fromEntries(Array.from({ length: 61 }, (_, at) => [`src/f${at}.js`, '1\n'])) },
    ],
    ['noRunner', { 'lib/a.pas': 'end.\n', 'test/a_test.pas': 'end.\n' }, { base: { 'package.json': '{}' } }],
    ['short', FIX, { message: 'Fix sums' }],
    ['crashed', { ...FIX, 'test/sum.test.js': 'this is no program\n' }],
    ['timedOut', { ...FIX, 'src/sum.js': SUM('for (;;);') }, { seconds: 2 }],
    ['noTestPasses', { 'src/sum.js': SUM('return "wrong";'), 'test/sum.test.js': TESTS('// It is said.\n') }],
    [
      'tiny',
      { 'src/sum.js': SUM('return numbers.reduce((a, b) => a + b, 0);'), 'test/sum.test.js': TESTS(EMPTY) },
      { strict: true },
    ],
    [
      'weak',
      {
        'src/sum.js': SUM(
          'const [first = 0, ...rest] = numbers;\n  let total = first * 1 + 0;\n  for (const one of rest) total = total + one * 1;\n  return total - 0;',
        ),
        'test/sum.test.js': TESTS("test('gives a number', () => assert.equal(typeof sum([]), 'number'));\n"),
      },
      { mutants: 8, strict: true },
    ],
    [
      'overSpecified',
      {
        'src/sum.js': SUM(
          "if (numbers.length === 0) throw new Error('nothing to be summed up here');\n  return numbers.reduce((a, b) => a + b);",
        ),
        'test/sum.test.js': TESTS(
          "test('wants numbers', () => assert.throws(() => sum([]), { message: 'nothing to be summed up here' }));\n",
        ),
      },
    ],
    [
      'flaky',
      {
        ...FIX,
        // Ten, of which some pass at first and none all the time, but once in a thousand runs.
        'test/sum.test.js': TESTS(
          "import { randomInt } from 'node:crypto';\nfor (let at = 0; at < 10; at++)\n  test('is lucky ' + at, () => { assert.equal(sum([]), 0); assert.equal(randomInt(2), 0); });\n",
        ),
      },
      { repeats: 14 },
    ],
  ];
  test.each(cases)('%s', async (name, change, more) => {
    const candidate = await verdictOn(change, more);
    expect(candidate).toMatchObject({ dropped: FIX_REASONS[name] });
  });

  test('a text that tests want is not held against them where the statement says it', async () => {
    const [, change] = cases.find(([name]) => name === 'overSpecified')!;
    const message = `${MESSAGE}\n\nThe message is 'nothing to be summed up here'.`;
    expect(await verdictOn(change, { message })).toHaveProperty('task');
  });
});

test('a test that hangs without the fix has failed, also where others have passed', async () => {
  const hangs = SUM('while (numbers.length === 0);\n  return numbers.reduce((a, b) => a + b);');
  // Too long to be asked whether one small change would do.
  const long = `${GOOD}${'// And so on.\n'.repeat(6)}`;
  const task = await taskOf(
    { 'src/sum.js': long, 'test/sum.test.js': TESTS(EMPTY) },
    { base: { 'src/sum.js': hangs }, seconds: 3 },
  );
  expect(task.tests).toMatchObject({
    failToPass: [in_('adds nothing up to zero')],
    passToPass: [in_('adds what it is given')],
  });
});

test('what a crash hides tells nothing, also where it is new; what was running has failed', async () => {
  const tests = (more = '') =>
    `import unittest\nfrom sums import total\n\nclass Sums(unittest.TestCase):\n    def test_adds(self):\n        self.assertEqual(total([1, 2]), 3)\n${more}`;
  const repository = createRepository([
    {
      message: 'A library that sums numbers up',
      files: {
        'sums.py': 'import os\n\ndef total(numbers):\n    return sum(numbers) if numbers else os._exit(7)\n',
        'test_sums.py': tests(),
      },
    },
  ]);
  const only = repository.commit({
    message: MESSAGE,
    files: {
      'sums.py': 'def total(numbers):\n    return sum(numbers)\n',
      'test_sums.py': tests(
        '    def test_nothing(self):\n        self.assertEqual(total([]), 0)\n    def test_other(self):\n        self.assertEqual(total([2]), 2)\n',
      ),
    },
  });
  const options = { place: { home }, repeats: 1, mutants: 1, only };
  const [candidate] = await Array.fromAsync(mineFix(await openRepository(repository.path), options));
  const { tests: found } = (candidate as { task: FixTask }).task;
  expect(found.plan.runner).toBe('unittest');
  expect(found.failToPass).toEqual(['test_sums.Sums.test_nothing']);
});

test('a base whose runner or tests do not even start makes no task of all its tests', async () => {
  const script = 'node --import ./src/register.js --test';
  const brokenRunner = await verdictOn(
    { ...FIX, 'src/register.js': 'globalThis.registered = true;\n' },
    { base: { 'package.json': PACKAGE(script), 'src/register.js': 'throw new Error("broken");\n' } },
  );
  expect(brokenRunner).toMatchObject({ dropped: FIX_REASONS.onlyLoads });
  const brokenBuild = await verdictOn(
    { 'src/sum.js': GOOD, 'test/sum.test.js': TESTS(EMPTY) },
    { base: { 'src/sum.js': 'export function sum( {\n' } },
  );
  expect(brokenBuild).toMatchObject({ dropped: FIX_REASONS.onlyLoads });
});

test('a test that fails with the fix as well judges nothing, whatever the exit code', async () => {
  const always = "test('always fails', () => assert.fail('no'));\n";
  const task = await taskOf(
    { 'src/sum.js': GOOD, 'test/sum.test.js': TESTS(EMPTY + always) },
    { base: { 'test/sum.test.js': TESTS(always) } },
  );
  expect(task.tests).toMatchObject({
    failToPass: [in_('adds nothing up to zero')],
    passToPass: [in_('adds what it is given')],
    quarantined: [],
  });
});

test('what is good passes the strict bar', async () => {
  const task = await taskOf(FIX, { strict: true, mutants: 8 });
  expect(task.quality.concerns).toEqual([]);
  expect(task.quality.strength.share).toBeGreaterThanOrEqual(0.5);
});

test('runs at once do not meet in one folder', async () => {
  const alone = `import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
test('is alone in its folder', async () => {
  writeFileSync('who.txt', String(process.pid));
  await setTimeout(300);
  assert.equal(readFileSync('who.txt', 'utf8'), String(process.pid));
});
`;
  const task = await taskOf(
    { 'src/sum.js': GOOD, 'test/sum.test.js': TESTS(EMPTY + alone) },
    { repeats: 4, mutants: 4 },
  );
  expect(task.tests.quarantined).toEqual([]);
});

test('a history with objects that are missing loses the changes that need them, and no other', async () => {
  const repository = createRepository([
    {
      message: 'A library that sums numbers up',
      files: { ...BASE, 'big.bin': 'far too large for a snapshot\n' },
    },
  ]);
  const good = repository.commit({ message: MESSAGE, files: FIX });
  const blob = repository.git('rev-parse', 'HEAD:big.bin').trim();
  rmSync(join(repository.path, '.git', 'objects', blob.slice(0, 2), blob.slice(2)));
  const candidates = await Array.fromAsync(
    mineFix(await openRepository(repository.path), { place: { home }, repeats: 1, mutants: 1 }),
  );
  const found = candidates.find(({ commit }) => commit === good)!;
  expect('task' in found ? 'task' : found.dropped).toMatch(/^task$|^git cannot read all of it$/);
  expect(candidates).toHaveLength(2);
});

test('a report that is longer than what is kept of the output is read whole', async () => {
  const title = 'a title that goes on and on '.repeat(6);
  const many = `for (let at = 0; at < 1500; at++) test('${title}' + at, () => {});\n`;
  const task = await taskOf(
    { 'src/sum.js': GOOD, 'test/sum.test.js': TESTS(EMPTY + many) },
    { base: { 'test/sum.test.js': TESTS(many) } },
  );
  expect(task.tests.passToPass).toHaveLength(1501);
  expect(task.tests.failToPass).toEqual([in_('adds nothing up to zero')]);
});

test('tests are in a plain place, whatever is set where Kino runs', async () => {
  vi.stubEnv('CI', 'true');
  vi.stubEnv('NO_COLOR', '1');
  vi.stubEnv('KINO_SECRET_KEY', 'secret');
  const plain = `import { mkdtempSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
test('is in a plain place', () => {
  assert.deepEqual(['CI', 'NO_COLOR', 'FORCE_COLOR', 'KINO_SECRET_KEY', 'NODE_OPTIONS'].filter((name) => name in process.env), []);
  assert.equal(process.env.TZ, 'UTC');
  assert.deepEqual(process.argv.slice(2), []);
  for (const folder of [homedir(), tmpdir()]) mkdtempSync(folder + '/x-');
});
`;
  const task = await taskOf({ 'src/sum.js': GOOD, 'test/sum.test.js': TESTS(EMPTY + plain) });
  vi.unstubAllEnvs();
  expect(task.tests.failToPass).toEqual([in_('adds nothing up to zero')]);
  expect([...task.tests.passToPass, ...task.tests.quarantined]).toEqual(
    expect.arrayContaining([in_('adds what it is given')]),
  );
  expect(task.tests.passToPass).toContain(in_('is in a plain place'));
});

test('where a file holds one test, the suite says what must go on passing', async () => {
  const task = await taskOf(
    { 'src/sum.js': GOOD, 'test/sum.test.js': TESTS().replace('[1, 2]), 3', '[]), 0') },
    { base: { 'test/other.test.js': TESTS().replace('adds what it is given', 'is another file') } },
  );
  expect(task.tests).toMatchObject({
    failToPass: [in_('adds what it is given')],
    passToPass: ['test/other.test.js::is another file'],
    scope: 'suite',
  });
});
