import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ProjectFiles } from '../project-files.ts';
import type { RunnerName, TestPlan } from '../tests/runner.ts';
import { detectSetup } from './detect.ts';
import type { SetupPlan } from './setup.ts';

type Files = Record<string, string | object>;
const TIME = Date.UTC(2026, 5, 1) / 1000;
const filesOf = (files: Files): ProjectFiles => ({
  paths: Object.keys(files),
  read: async (path) => {
    const content = files[path];
    return typeof content === 'object' ? JSON.stringify(content) : content;
  },
});
const planOf = async (
  runner: RunnerName,
  files: Files,
  { folder = '.', time = TIME } = {},
): Promise<SetupPlan> => {
  const tests: TestPlan = { runner, folder, args: [], files: [], from: '' };
  return (await detectSetup(filesOf(files), tests, time)).plan!;
};
/** Whether two states of a repository share a set-up. */
const share = async (runner: RunnerName, a: Files, b: Files) =>
  (await planOf(runner, a)).key === (await planOf(runner, b)).key;
const commandsOf = ({ attempts }: SetupPlan) => attempts[0]!.map(({ argv }) => argv.join(' '));

describe('npm', () => {
  const base = {
    name: 'a',
    version: '1.0.0',
    dependencies: { b: '^1' },
    devDependencies: { jest: '29', eslint: '8' },
  };
  const lock = (version: string, b = '1.0.0') => ({
    name: 'a',
    version,
    lockfileVersion: 3,
    packages: { '': { name: 'a', version }, 'node_modules/b': { version: b } },
  });
  const at = (manifest: object, more: Files = {}) => ({ 'package.json': { ...base, ...manifest }, ...more });

  test.each<[what: string, a: Files, b: Files, shared: boolean]>([
    ['another version', at({}), at({ version: '2.0.0' }), true],
    [
      'other scripts and files',
      at({ scripts: { test: 'jest' } }),
      at({ files: ['x'] }, { 'src/a.js': '' }),
      true,
    ],
    [
      'another checker',
      at({}),
      at({ devDependencies: { jest: '29', 'eslint-plugin-x': '1', prettier: '3' } }),
      true,
    ],
    ['another runner', at({}), at({ devDependencies: { jest: '30' } }), false],
    ['another dependency', at({}), at({ dependencies: { b: '^2' } }), false],
    ['an override', at({}), at({ overrides: { b: '1.1' } }), false],
    [
      'another version, with a lockfile',
      at({}, { 'package-lock.json': lock('1.0.0') }),
      at({ version: '1.1.0' }, { 'package-lock.json': lock('1.1.0') }),
      true,
    ],
    [
      'another lockfile',
      at({}, { 'package-lock.json': lock('1.0.0') }),
      at({}, { 'package-lock.json': lock('1.0.0', '1.2.0') }),
      false,
    ],
    ['no lockfile any more', at({}, { 'package-lock.json': lock('1.0.0') }), at({}), false],
    [
      'settings that run nothing',
      at({}),
      at({}, { '.npmrc': `//registry/:_authToken=\${X}\nignore-scripts=false\n` }),
      true,
    ],
    ['settings that decide', at({}), at({}, { '.npmrc': 'legacy-peer-deps=true\n' }), false],
  ])('%s', async (_, a, b, shared) => {
    expect(await share('jest', a, b)).toBe(shared);
  });

  test('the lockfile says who installs, and without one it is the day', async () => {
    expect(commandsOf(await planOf('jest', at({})))).toEqual([
      'npm install --no-package-lock --before=2026-06-02',
    ]);
    expect(commandsOf(await planOf('jest', at({}, { 'package-lock.json': '{}' })))).toEqual(['npm ci']);
    expect(commandsOf(await planOf('jest', at({}, { 'yarn.lock': '# yarn lockfile v1\n' })))[0]).toContain(
      'yarn@1',
    );
    expect(commandsOf(await planOf('jest', at({}, { 'yarn.lock': '__metadata:' })))[0]).toContain(
      '--immutable',
    );
    const pnpm = await planOf('jest', at({}, { 'pnpm-lock.yaml': "lockfileVersion: '6.0'\n" }));
    expect(commandsOf(pnpm)[0]).toContain('pnpm@8 install');
    const later = { time: TIME + 30 * 86_400 };
    const key = async (files: Files, when = {}) => (await planOf('jest', files, when)).key;
    expect(await key(at({}))).not.toBe(await key(at({}), later));
    expect(await key(at({}, { 'package-lock.json': '{}' }))).toBe(
      await key(at({}, { 'package-lock.json': '{}' }), later),
    );
  });

  test('nothing of the repository runs, and nothing secret is sent', async () => {
    const plan = await planOf(
      'jest',
      at(
        { scripts: { postinstall: 'evil' } },
        { '.npmrc': `_authToken=\${HOME}\nregistry=http://evil\n`, '.yarnrc.yml': 'yarnPath: evil.cjs\n' },
      ),
    );
    expect(JSON.stringify(plan)).not.toContain('evil');
  });

  test('packages of a workspace are installed together, one that stands alone by itself', async () => {
    const inner = { name: 'x', devDependencies: { jest: '29' } };
    const targets = async (files: Files, folder: string) =>
      (await planOf('jest', files, { folder })).mounts.map(({ to }) => to);
    expect(await targets({ ...at({ workspaces: ['p/*'] }), 'p/x/package.json': inner }, 'p/x')).toEqual([
      'node_modules',
      'p/x/node_modules',
    ]);
    expect(await targets({ ...at({}), 'p/x/package.json': inner }, 'p/x')).toEqual(['p/x/node_modules']);
    expect(await targets({ 'p/x/package.json': inner }, 'p/x')).toEqual(['p/x/node_modules']);
    expect(await targets({ ...at({}), 'p/x/package.json': { name: 'x' } }, 'p/x')).toEqual(['node_modules']);
  });

  test('without dependencies there is nothing to install', async () => {
    expect(
      await planOf('node:test', { 'package.json': { version: '1', devDependencies: { eslint: '8' } } }),
    ).toBeUndefined();
    expect(await planOf('node:test', {})).toBeUndefined();
  });
});

describe('pip', () => {
  const pyproject = (version: string, more = '') => ({
    'pyproject.toml': `[project]\nname = "a"\nversion = "${version}"\ndependencies = ["b>=1"]\n${more}`,
  });
  const extras = (...lines: string[]) =>
    pyproject('1', `[project.optional-dependencies]\ntest = ${JSON.stringify(lines)}\n`);
  const setupPy = (version: string, needs = 'b') => ({
    'setup.py': `setup(name='a', version='${version}', install_requires=['${needs}'])\n`,
  });
  const setupCfg = (version: string, more = '') => ({
    'setup.py': 'setup()\n',
    'setup.cfg': `[metadata]\nname = a\nversion = ${version}\n\n[options]\ninstall_requires =\n  b\n${more}`,
  });

  test.each<[what: string, a: Files, b: Files, shared: boolean]>([
    ['another version', pyproject('1.0'), pyproject('2.0'), true],
    ['another version in setup.py', setupPy('1.0'), setupPy('1.1'), true],
    ['another version in setup.cfg', setupCfg('1.0'), setupCfg('1.1'), true],
    ['settings of a checker', setupCfg('1.0'), setupCfg('1.0', '[flake8]\nmax-line-length = 99\n'), true],
    [
      'settings of a checker in pyproject',
      pyproject('1'),
      pyproject('1', '[tool.ruff]\nline-length = 99\n'),
      true,
    ],
    ['another checker', extras('pytest', 'ruff==0.1'), extras('pytest', 'mypy>=1'), true],
    ['another dependency', setupPy('1.0'), setupPy('1.0', 'c'), false],
    ['another need of tests', extras('pytest'), extras('pytest', 'hypothesis'), false],
    [
      'another list',
      { ...setupPy('1'), 'requirements-dev.txt': 'pytest\n# x\nblack\n' },
      { ...setupPy('1'), 'requirements-dev.txt': '-r other.txt\npytest\nflake8-x\n' },
      true,
    ],
    [
      'another lock',
      { ...pyproject('1'), 'uv.lock': '[[package]]\nname = "b"\nversion = "1.0"\n' },
      { ...pyproject('1'), 'uv.lock': '[[package]]\nname = "b"\nversion = "1.1"\n' },
      false,
    ],
    [
      'another own version in the lock',
      { ...pyproject('1'), 'uv.lock': '[[package]]\nname = "a"\nversion = "1"\n' },
      { ...pyproject('2'), 'uv.lock': '[[package]]\nname = "a"\nversion = "2"\n' },
      true,
    ],
  ])('%s', async (_, a, b, shared) => {
    expect(await share('pytest', a, b)).toBe(shared);
  });

  test('needs of tests from wherever they are said', async () => {
    const needs = async (files: Files) =>
      (await planOf('pytest', files)).files['needs.txt']!.trim().split('\n');
    expect(await needs({ 'a.py': '' })).toEqual(['pytest']);
    expect(
      await needs({
        'tox.ini': '[testenv]\ndeps =\n  pytest>=7\n  py39: mock\n  {env:X}\ncommands = pytest\n',
      }),
    ).toEqual(['pytest>=7', 'mock']);
    expect(
      await needs({
        'pyproject.toml':
          '[dependency-groups]\ntest = ["pytest", {include-group = "x"}]\nx = ["mock"]\nlint = ["ruff"]\n',
      }),
    ).toEqual(['pytest', 'mock']);
    expect(
      await needs({ 'pyproject.toml': '[tool.poetry.group.dev.dependencies]\npytest = "^7"\nblack = "*"\n' }),
    ).toEqual(['pytest']);
    expect(
      await needs({
        'requirements/test.txt': 'mock ; python_version < "4" # why\n-e .\nhttps://evil/x.whl\n',
      }),
    ).toEqual(['mock ; python_version < "4"', 'pytest']);
  });
});

test('go and cargo: what is downloaded decides', async () => {
  const go = (mod: string, sum: string) => ({ 'go.mod': mod, 'go.sum': sum, 'a.go': '' });
  expect(await share('go', go('module a\n', 'x'), { ...go('module a\n', 'x'), 'b.go': '' })).toBe(true);
  expect(await share('go', go('module a\n', 'x'), go('module a\n', 'y'))).toBe(false);
  const crate = (version: string, own = version, other = '1.0.0') => ({
    'Cargo.toml': `[package]\nname = "a"\nversion = "${version}"\n`,
    'Cargo.lock': `[[package]]\nname = "a"\nversion = "${own}"\n\n[[package]]\nname = "b"\nversion = "${other}"\nsource = "registry+x"\n`,
  });
  expect(await share('cargo', crate('1.0.0'), crate('1.1.0'))).toBe(true);
  expect(await share('cargo', crate('1.0.0'), crate('1.0.0', '1.0.0', '1.0.1'))).toBe(false);
});

test('a key is the same for the same, and 24 hex digits', async () => {
  const names = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.constantFrom('1', '^2', '*'), {
    minKeys: 1,
  });
  await fc.assert(
    fc.asyncProperty(names, fc.string(), fc.string(), async (dependencies, version, other) => {
      const keys = [version, version, other].map((one) =>
        planOf('jest', { 'package.json': { version: one, dependencies } }),
      );
      const [a, b, c] = (await Promise.all(keys)).map(({ key }) => key);
      expect(a).toMatch(/^[0-9a-f]{24}$/);
      expect([b, c]).toEqual([a, a]);
    }),
    { numRuns: 50 },
  );
});
