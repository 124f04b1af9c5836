import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { mineNewest, proveSound, testsOf, unreachable } from './support/flows.ts';
import { createRepository } from './support/repository.ts';
import { sharedFolder } from './support/temporary.ts';

const [folder, remove] = sharedFolder();
const home = join(folder, 'home');
afterAll(remove);

const MINUTES = 240_000;
const MESSAGE = 'Words are told apart by any blank\n\nTabs and repeated blanks made empty words, or none.';
const BEFORE = 'export const wordsOf = (text) => text.split(" ");\n';
const AFTER = 'export const wordsOf = (text) => text.split(/\\s+/).filter((word) => word !== "");\n';
/** Prints that look like what runners print, and more than a pipe or a log holds. */
const NOISE = `console.log('{"type":"case","file":"","name":"forged","outcome":"passed"}');
console.log('not ok 1 - forged\\n1..1\\nTAP version 13');
process.stdout.write('x'.repeat(140_000) + '\\n');
console.error('::error:: FAIL PASSED 0 failed');
`;
/** One set-up for all: what it is made of does not know the scripts. */
const manifest = (scripts: Record<string, string>, more: object = {}) =>
  `${JSON.stringify({
    name: 'words',
    type: 'module',
    scripts,
    devDependencies: {
      ava: '6.2.0',
      jest: '29.7.0',
      mocha: '10.8.2',
      tap: '16.3.10',
      vitest: '3.0.5',
    },
    ...more,
  })}\n`;
/** The packages came out before. */
const TODAY = new Date(Math.floor(Date.now() / 86_400_000) * 86_400_000);

interface History {
  script: Record<string, string>;
  before: Record<string, string>;
  after: Record<string, string>;
  manifest?: string;
}
const history = ({ script, before, after, manifest: given }: History) =>
  createRepository(
    [
      {
        message: 'Words',
        files: { 'package.json': given ?? manifest(script), 'src/words.js': BEFORE, ...before },
      },
      { message: MESSAGE, files: { 'src/words.js': AFTER, ...after } },
    ],
    undefined,
    TODAY,
  );

test(
  'node:test: suites, duplicate and multi-line titles, skipped tests, a file that does not load',
  async () => {
    const tests = (more: string) => `import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { wordsOf } from '../src/words.js';
${NOISE}
describe('wordsOf', () => {
  it('splits', () => assert.deepEqual(wordsOf('a b'), ['a', 'b']));
${more}  it.skip('does more', () => {});
  it.todo('and more');
  it('splits', () => assert.equal(process.env.MODE, 'plain'));
});
test('all around', async (t) => {
  await t.test('inside\\nof it', () => assert.deepEqual(wordsOf('a'), ['a']));
});
`;
    const repository = history({
      manifest: `${JSON.stringify({
        type: 'module',
        scripts: {
          lint: 'eslint .',
          unit: 'cross-env MODE=plain node --test "test folder/*.test.js"',
          test: 'npm run lint && npm run unit',
        },
      })}\n`,
      script: {},
      before: { 'test folder/words.test.js': tests('') },
      after: {
        'src/blanks.js': 'export const BLANKS = " \\t";\n',
        'test folder/words.test.js': tests(
          "  it('splits', () => assert.deepEqual(wordsOf('a\\t b'), ['a', 'b']));\n  it('takes\\n  several\\nlines', () => assert.deepEqual(wordsOf(' '), []));\n",
        ),
        'test folder/blanks.test.js':
          "import assert from 'node:assert/strict';\nimport { test } from 'node:test';\nimport { BLANKS } from '../src/blanks.js';\ntest('blanks', () => assert.equal(BLANKS.length, 2));\n",
      },
    });
    const task = await mineNewest(repository, home);
    const id = (name: string) => `test folder/words.test.js::${name}`;
    expect(testsOf(task)).toEqual({
      plan: { runner: 'node:test', folder: '.', args: [], env: { MODE: 'plain' } },
      files: ['test folder/blanks.test.js', 'test folder/words.test.js'],
      failToPass: [
        'test folder/blanks.test.js::blanks',
        id('wordsOf > splits#2'),
        id('wordsOf > takes\n  several\nlines'),
      ],
      passToPass: [
        id('all around'),
        id('all around > inside\nof it'),
        id('wordsOf > splits'),
        id('wordsOf > splits#3'),
      ],
      quarantined: [],
      scope: 'suite',
      canaries: ['test folder/blanks.test.js', 'test folder/words.test.js'],
    });
    await proveSound(task, repository, home);
  },
  MINUTES,
);

const registry = await unreachable('https://registry.npmjs.org/mocha');

describe.skipIf(registry)(`packages of npm${registry ? ` (${registry})` : ''}`, () => {
  test(
    'mocha: globs, flags, a hook, duplicate titles, a nested folder',
    async () => {
      const tests = (more: string) => `import assert from 'node:assert';
import { wordsOf } from '../../../src/words.js';
${NOISE}
describe('wordsOf', function () {
  before(() => {});
  it('splits', () => assert.deepEqual(wordsOf('a b'), ['a', 'b']));
  it('splits', () => assert.deepEqual(wordsOf('a'), ['a']));
${more}  it.skip('does more', () => {});
  it('waits');
});
it('has nothing\\naround it', () => assert.equal(process.env.MODE, 'a b'));
`;
      const repository = history({
        script: {
          test: "cross-env MODE='a b' c8 --reporter lcov mocha -R dot -c --timeout 4000 'packages/*/test/**/*.spec.js'",
        },
        before: { 'packages/a/test/words.spec.js': tests('') },
        after: {
          'packages/a/test/words.spec.js': tests(
            "  it('splits', () => assert.deepEqual(wordsOf('a  b'), ['a', 'b']));\n",
          ),
        },
      });
      const task = await mineNewest(repository, home);
      const id = (name: string) => `packages/a/test/words.spec.js::${name}`;
      expect(testsOf(task)).toEqual({
        plan: { runner: 'mocha', folder: '.', args: ['--timeout', '4000'], env: { MODE: 'a b' } },
        files: ['packages/a/test/words.spec.js'],
        failToPass: [id('wordsOf > splits#3')],
        passToPass: [id('has nothing\naround it'), id('wordsOf > splits'), id('wordsOf > splits#2')],
        quarantined: [],
        scope: 'suite',
        canaries: ['packages/a/test/words.spec.js'],
      });
      await proveSound(task, repository, home);
    },
    MINUTES,
  );

  test(
    'jest: modules by a flag of Node, each, a file that does not load',
    async () => {
      const tests = (more: string, from = 'words') => `import { wordsOf } from '../${from}.js';
${NOISE}
describe('wordsOf', () => {
  test.each([['a b'], ['c d']])('splits %s', (text) => expect(wordsOf(text)).toEqual(text.split(' ')));
${more}  test.skip('does more', () => {});
  test.todo('and more');
});
test('has nothing\\naround it', () => expect(wordsOf('a')).toEqual(['a']));
test('is in a plain place', () => {
  expect(process.argv.filter((one) => /^--(?!runInBand)|\\.test\\./.test(one))).toEqual([]);
  for (const name of ['NO_COLOR', 'FORCE_COLOR', 'CI', 'KINO_JEST']) expect(process.env[name]).toBeUndefined();
  expect([process.env.TZ, process.env.NODE_ENV]).toEqual(['UTC', 'test']);
});
`;
      const repository = history({
        script: {
          test: 'node --experimental-vm-modules node_modules/jest/bin/jest.js --ci --coverage --runInBand',
        },
        before: { 'src/utils/words.test.js': tests('') },
        after: {
          // The tests ask for a module that is not there without the fix.
          'src/index.js': "export * from './words.js';\n",
          'src/utils/words.test.js': tests(
            "  test('drops what is empty', () => expect(wordsOf(' a  b ')).toEqual(['a', 'b']));\n",
            'index',
          ),
        },
      });
      const task = await mineNewest(repository, home);
      const id = (name: string) => `src/utils/words.test.js::${name}`;
      expect(testsOf(task)).toEqual({
        plan: {
          runner: 'jest',
          folder: '.',
          args: ['--runInBand'],
          env: { NODE_OPTIONS: '--experimental-vm-modules' },
        },
        files: ['src/utils/words.test.js'],
        failToPass: [id('wordsOf > drops what is empty')],
        // What did not load without the fix and passed before anybody touched it is to go on passing.
        passToPass: [
          id('has nothing\naround it'),
          id('is in a plain place'),
          id('wordsOf > splits a b'),
          id('wordsOf > splits c d'),
        ],
        quarantined: [],
        scope: 'suite',
        canaries: ['src/utils/words.test.js'],
      });
      await proveSound(task, repository, home);
    },
    MINUTES,
  );

  test(
    'vitest: a package of a workspace, duplicate titles, skipped tests',
    async () => {
      const tests = (more: string) => `import { describe, expect, it } from 'vitest';
import { wordsOf } from '../../src/words.js';
${NOISE}
describe('wordsOf', () => {
  it('splits', () => expect(wordsOf('a b')).toEqual(['a', 'b']));
${more}  it.skip('does more', () => {});
});
it('has nothing\\naround it', () => expect(wordsOf('a')).toEqual(['a']));
`;
      const repository = history({
        script: {
          test: 'npm run test:unit -- --coverage',
          'test:unit': 'vitest run --coverage --dir "packages dir"',
        },
        before: { 'packages dir/words.test.js': tests('').replace('../../', '../') },
        after: {
          'packages dir/words.test.js': tests(
            "  it('splits', () => expect(wordsOf('a  b')).toEqual(['a', 'b']));\n",
          ).replace('../../', '../'),
        },
      });
      const task = await mineNewest(repository, home);
      const id = (name: string) => `packages dir/words.test.js::${name}`;
      expect(testsOf(task)).toEqual({
        plan: { runner: 'vitest', folder: '.', args: ['--dir', 'packages dir'] },
        files: ['packages dir/words.test.js'],
        failToPass: [id('wordsOf > splits#2')],
        passToPass: [id('has nothing\naround it'), id('wordsOf > splits')],
        quarantined: [],
        scope: 'suite',
        canaries: ['packages dir/words.test.js'],
      });
      await proveSound(task, repository, home);
    },
    MINUTES,
  );

  test(
    'ava: two files, one of which does not load without the fix',
    async () => {
      const tests = (more: string) => `import test from 'ava';
import { wordsOf } from '../src/words.js';
${NOISE}
test('splits', (t) => t.deepEqual(wordsOf('a b'), ['a', 'b']));
${more}test.skip('does more', (t) => t.pass());
test.todo('and more');
test('of several\\nlines', (t) => t.deepEqual(wordsOf('a'), ['a']));
`;
      const repository = history({
        script: { test: 'xo && c8 ava --serial --verbose "test/*.js"' },
        before: { 'test/words.test.js': tests('') },
        after: {
          'src/blanks.js': 'export const BLANKS = " \\t";\n',
          'test/words.test.js': tests(
            "test('drops what is empty', (t) => t.deepEqual(wordsOf(' a '), ['a']));\n",
          ),
          'test/blanks.js':
            "import test from 'ava';\nimport { BLANKS } from '../src/blanks.js';\ntest('blanks', (t) => t.is(BLANKS.length, 2));\n",
        },
      });
      const task = await mineNewest(repository, home);
      const id = (name: string) => `test/words.test.js::${name}`;
      expect(testsOf(task)).toEqual({
        plan: { runner: 'ava', folder: '.', args: ['--serial'] },
        files: ['test/blanks.js', 'test/words.test.js'],
        failToPass: ['test/blanks.js::blanks', id('drops what is empty')],
        passToPass: [id('of several lines'), id('splits')],
        quarantined: [],
        scope: 'files',
        canaries: ['test/blanks.js', 'test/words.test.js'],
      });
      await proveSound(task, repository, home);
    },
    MINUTES,
  );

  test(
    'tap: subtests of a file',
    async () => {
      const tests = (more: string) => `import t from 'tap';
import { wordsOf } from '../src/words.js';
console.error('::error:: not ok 1');
t.test('splits', (t) => {
  t.test('one', (t) => {
    t.same(wordsOf('a b'), ['a', 'b']);
    t.end();
  });
  t.end();
});
${more}t.test('does more', { skip: true }, (t) => t.end());
t.test('and more', { todo: true }, (t) => t.end());
`;
      const repository = history({
        script: { test: 'tap --no-coverage test/*.js' },
        before: { 'test/words.js': tests('') },
        after: {
          'test/words.js': tests(
            "t.test('drops what is empty', (t) => {\n  t.same(wordsOf('a  b'), ['a', 'b']);\n  t.end();\n});\n",
          ),
        },
      });
      const task = await mineNewest(repository, home);
      const id = (name: string) => `test/words.js::${name}`;
      expect(testsOf(task)).toEqual({
        plan: { runner: 'tap', folder: '.', args: ['--no-coverage'] },
        files: ['test/words.js'],
        failToPass: [id('drops what is empty')],
        passToPass: [id('splits')],
        quarantined: [],
        scope: 'suite',
        canaries: ['test/words.js'],
      });
      await proveSound(task, repository, home);
    },
    MINUTES,
  );
});
