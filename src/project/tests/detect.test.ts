import { describe, expect, test } from 'vitest';
import type { ProjectFiles } from '../project-files.ts';
import { detectTests, isTestFile, planFor } from './detect.ts';
import type { RunnerName, TestPlan } from './runner.ts';

const filesOf = (files: Record<string, string | object>): ProjectFiles => ({
  paths: Object.keys(files),
  read: async (path) => {
    const content = files[path];
    return typeof content === 'object' ? JSON.stringify(content) : content;
  },
});
const detected = async (files: Record<string, string | object>) =>
  (await detectTests(filesOf(files))).map(({ runner, folder, args, files, env }) =>
    [runner, folder, [...args, ...files].join(' '), ...(env ? [env] : [])].filter((one) => one !== ''),
  );
const scripts = (all: Record<string, string>, more: object = {}) => ({
  'package.json': { scripts: all, ...more },
});

describe('package.json', () => {
  test.each<[what: string, Record<string, string>, ...plans: unknown[][]]>([
    ['a plain script', { test: 'mocha' }, ['mocha', '.']],
    [
      'checks before',
      { test: 'npm run lint && npm run unit', lint: 'eslint .', unit: 'tap test/*.js' },
      ['tap', '.', 'test/*.js'],
    ],
    [
      'scripts in scripts',
      { test: 'npm run a', a: 'yarn b', b: 'pnpm run c', c: 'jest -i' },
      ['jest', '.', '-i'],
    ],
    ['a circle', { test: 'npm run a', a: 'npm run test' }],
    ['a pattern', { test: 'run-s test:*', 'test:lint': 'xo', 'test:js': 'ava' }, ['ava', '.']],
    ['at once', { test: 'run-p lint unit', lint: 'xo', unit: 'vitest run' }, ['vitest', '.']],
    [
      'several',
      { test: 'jest', 'test:unit': 'mocha test/unit', 'test:ci': 'jest --ci' },
      ['jest', '.'],
      ['mocha', '.', 'test/unit'],
    ],
    ['a variable', { test: 'cross-env NODE_ENV=test mocha' }, ['mocha', '.', { NODE_ENV: 'test' }]],
    ['arguments passed on', { test: 'npm run unit -- --coverage', unit: 'jest' }, ['jest', '.']],
    ['what npm init writes', { test: 'echo "Error: no test specified" && exit 1' }],
    ['a script of its own name', { jest: 'jest --config a.js' }, ['jest', '.', '--config a.js']],
  ])('%s', async (_, all, ...plans) => {
    expect(await detected(scripts(all))).toEqual(plans);
  });

  test('without a script that says it, by what is installed', async () => {
    expect(
      await detected(scripts({ test: 'turbo run test' }, { devDependencies: { jest: '1', mocha: '1' } })),
    ).toEqual([['jest', '.']]);
    expect(await detected({ 'package.json': '{"scripts": [1]}' })).toEqual([]);
    expect(await detected({ 'package.json': 'no json' })).toEqual([]);
    expect(await detected({ 'package.json': '\ufeff{"scripts":{"test":"ava"}}' })).toEqual([['ava', '.']]);
  });

  test('packages of a repository, the deeper one for its own tests', async () => {
    const files = {
      ...scripts({ test: 'jest' }),
      'packages/a/package.json': { scripts: { test: 'vitest run' } },
      'packages/a/node_modules/x/package.json': { scripts: { test: 'tap' } },
    };
    const plans = await detectTests(filesOf(files));
    expect(plans.map(({ runner, folder }) => [runner, folder])).toEqual([
      ['jest', '.'],
      ['vitest', 'packages/a'],
    ]);
    expect(planFor(plans, ['packages/a/test/a.test.js'])?.runner).toBe('vitest');
    expect(planFor(plans, ['test/a.test.js', 'packages/a/test/a.test.js'])?.runner).toBe('jest');
    expect(planFor(plans, ['README.md'])).toBeUndefined();
  });
});

describe('python', () => {
  const unit = 'import unittest\nclass A(unittest.TestCase):\n    def test_a(self): pass\n';
  test.each<[what: string, files: Record<string, string>, runner: RunnerName, words?: string]>([
    ['pyproject', { 'pyproject.toml': '[tool.pytest.ini_options]', 'tests/test_a.py': unit }, 'pytest'],
    [
      'a dependency',
      { 'pyproject.toml': '[project]\ndependencies = ["pytest>=8"]', 'tests/test_a.py': unit },
      'pytest',
    ],
    ['tox', { 'tox.ini': '[testenv]\ncommands = pytest {posargs}', 'tests/test_a.py': unit }, 'pytest'],
    ['setup.cfg', { 'setup.cfg': '[tool:pytest]', 'tests/test_a.py': unit }, 'pytest'],
    ['a conftest', { 'tests/conftest.py': '', 'tests/test_a.py': unit }, 'pytest'],
    ['requirements', { 'requirements-dev.txt': 'pytest', 'tests/test_a.py': unit }, 'pytest'],
    [
      'CI',
      { '.github/workflows/ci.yml': 'jobs: {a: {steps: [{run: "pytest -v"}]}}', 'tests/test_a.py': unit },
      'pytest',
    ],
    ['functions', { 'tests/test_a.py': 'def test_a():\n    assert True\n' }, 'pytest'],
    ['nothing', { 'tests/test_a.py': unit }, 'unittest', 'tests'],
    [
      'nothing, deeper',
      { 'setup.py': '', 'pkg/tests/unit/test_a.py': unit, 'pkg/tests/test_b.py': unit },
      'unittest',
      'pkg/tests',
    ],
    [
      'CI that says where',
      {
        '.github/workflows/ci.yml':
          'jobs: {a: {steps: [{run: "pip install .\\npython -m unittest discover -s t"}]}}',
        't/test_a.py': unit,
      },
      'unittest',
      't',
    ],
  ])('%s', async (_, files, runner, words = '') => {
    expect(await detected(files)).toEqual([[runner, '.', ...(words ? [words] : [])]]);
  });

  test('none without tests', async () => {
    expect(await detected({ 'setup.py': '', 'a.py': '' })).toEqual([]);
  });
});

test('go, cargo and cmake, with what CI adds', async () => {
  const ci = (...run: string[]) => ({
    '.github/workflows/ci.yml': `jobs: {a: {steps: ${JSON.stringify(run.map((one) => ({ run: one })))}}}`,
  });
  expect(await detected({ 'go.mod': '', 'tools/go.mod': '' })).toEqual([
    ['go', '.'],
    ['go', 'tools'],
  ]);
  expect(
    await detected({
      'go.mod': '',
      ...ci(`go test -tags \${{ matrix.tags }} ./...`, 'go test -race -tags=sqlite ./...'),
    }),
  ).toEqual([['go', '.', '-tags=sqlite']]);
  expect(await detected({ 'Cargo.toml': '', 'crates/a/Cargo.toml': '' })).toEqual([['cargo', '.']]);
  expect(await detected({ 'Cargo.toml': '', ...ci('cargo test --all-features') })).toEqual([
    ['cargo', '.', '--all-features'],
  ]);
  expect(await detected({ 'Cargo.toml': '', '.config/nextest.toml': '' })).toEqual([['nextest', '.']]);
  expect(await detected({ 'CMakeLists.txt': 'enable_testing()' })).toEqual([['ctest', '.']]);
  expect(await detected({ 'CMakeLists.txt': 'include(CTest)' })).toEqual([['ctest', '.']]);
  expect(await detected({ 'CMakeLists.txt': 'project(a)' })).toEqual([]);
});

test.each<[RunnerName, path: string, is: boolean]>([
  ['jest', 'test/a.test.js', true],
  ['jest', 'src/utils/a.test.ts', true],
  ['jest', 'src/helpers/__tests__/a.tsx', false],
  ['jest', 'test/utils.js', false],
  ['jest', 'test/helpers/wait.js', false],
  ['jest', 'test/fixtures/a.test.js', false],
  ['jest', 'test/__snapshots__/a.test.js.snap', false],
  ['jest', 'src/a.js', false],
  ['vitest', 'src/types.test.d.ts', false],
  ['pytest', 'tests/test_a.py', true],
  ['pytest', 'tests/utils/test_a.py', true],
  ['pytest', 'tests/conftest.py', false],
  ['pytest', 'tests/helpers.py', false],
  ['go', 'pkg/utils/a_test.go', true],
  ['go', 'pkg/utils/a.go', false],
  ['cargo', 'src/lib.rs', true],
  ['ctest', 'tests/a.c', true],
])('%s: %s is a test: %s', (runner, path, is) => {
  const plan: TestPlan = { runner, folder: '.', args: [], files: [], from: '' };
  expect(isTestFile(plan, path)).toBe(is);
  expect(isTestFile({ ...plan, folder: 'elsewhere' }, path)).toBe(is && runner === 'cargo');
});
