import { posix } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { classify } from '../classify.ts';
import type { ProjectFiles } from '../project-files.ts';
import { recognise } from './recognise.ts';
import { jsonOf, type RunnerName, type TestPlan } from './runner.ts';
import { commandsIn } from './script.ts';

/** Which files a runner can be given. */
const TAKES: Readonly<Record<RunnerName, RegExp>> = {
  'node:test': /\.[cm]?[jt]s$/,
  vitest: /\.[cm]?[jt]sx?$/,
  jest: /\.[cm]?[jt]sx?$/,
  mocha: /\.[cm]?[jt]sx?$/,
  ava: /\.[cm]?[jt]sx?$/,
  tap: /\.[cm]?[jt]sx?$/,
  tape: /\.[cm]?[jt]sx?$/,
  pytest: /(?:^|\/)(?:test_[^/]*|[^/]*_tests?|tests?)\.py$/,
  unittest: /(?:^|\/)(?:test[^/]*|[^/]*_tests?)\.py$/,
  go: /_test\.go$/,
  cargo: /\.rs$/,
  nextest: /\.rs$/,
  ctest: /\.(?:c|cc|cpp|cxx|h|hpp)$/,
  junit: /(?:)/,
};
/** Data of tests, whatever its name. */
const FIXTURE = /(?:^|\/)(?:__mocks__|__fixtures__|fixtures?|testdata|__snapshots__)\//i;
/** Files that tests share, unless their own name says that they are tests. */
const HELPER = /(?:^|\/)(?:helpers?|support|utils?|test-?utils|conftest)(?:\/|\.[a-z]+$)/i;
const NAMED_TEST = /(?:[._-](?:test|tests|spec|specs)\.[a-z]+|(?:^|\/)test[_-][^/]*)$/i;

/** Whether a file can be handed to a runner as one of its tests. */
export function isTestFile(plan: TestPlan, path: string): boolean {
  if (plan.runner === 'cargo' || plan.runner === 'nextest') return TAKES.cargo.test(path);
  return (
    isInFolder(plan.folder, path) &&
    TAKES[plan.runner].test(path) &&
    classify(path) === 'test' &&
    (plan.runner === 'go' || (!FIXTURE.test(path) && (NAMED_TEST.test(path) || !HELPER.test(path)))) &&
    !/\.d\.[cm]?ts$/.test(path)
  );
}

function isInFolder(folder: string, path: string): boolean {
  return folder === '.' || path.startsWith(`${folder}/`);
}

/**
 * How the tests of a repository are run, the likeliest first: by what its package scripts, its CI and its
 * configuration say, in this order. Nothing is run.
 */
export async function detectTests(files: ProjectFiles): Promise<TestPlan[]> {
  const plans: TestPlan[] = [];
  const shallow = files.paths.filter(
    (path) => path.split('/').length <= 4 && !path.includes('node_modules/'),
  );
  for (const path of shallow.filter((one) => posix.basename(one) === 'package.json'))
    plans.push(...(await ofPackage(files, path)));
  plans.push(...(await ofPython(files)));
  for (const path of shallow.filter((one) => posix.basename(one) === 'go.mod'))
    plans.push(
      await withArgsOfCi(files, {
        runner: 'go',
        folder: posix.dirname(path),
        args: [],
        files: [],
        from: path,
      }),
    );
  const crates = shallow.filter((one) => posix.basename(one) === 'Cargo.toml');
  const crate = crates.sort((a, b) => a.length - b.length)[0];
  if (crate !== undefined) {
    const runner = files.paths.includes('.config/nextest.toml') ? 'nextest' : 'cargo';
    const plan: TestPlan = { runner, folder: posix.dirname(crate), args: [], files: [], from: crate };
    plans.push(await withArgsOfCi(files, plan));
  }
  const cmake = (await files.read('CMakeLists.txt')) ?? '';
  if (/\b(?:enable_testing\s*\(|include\s*\(\s*CTest\s*\))/i.test(cmake))
    plans.push({ runner: 'ctest', folder: '.', args: [], files: [], from: 'CMakeLists.txt' });
  return plans;
}

/** The plan by which most of some test files can be run; of several the likeliest. */
export function planFor(plans: readonly TestPlan[], testFiles: readonly string[]): TestPlan | undefined {
  let best: { plan: TestPlan; count: number } | undefined;
  for (const plan of plans) {
    const count = testFiles.filter((path) => isTestFile(plan, path)).length;
    const deeper =
      best && count === best.count && plan.folder.length > best.plan.folder.length && plan.folder !== '.';
    if (count > 0 && (!best || count > best.count || deeper)) best = { plan, count };
  }
  return best?.plan;
}

const packageSchema = z.object({
  scripts: z.record(z.string(), z.unknown()).catch({}).default({}),
  dependencies: z.record(z.string(), z.unknown()).catch({}).default({}),
  devDependencies: z.record(z.string(), z.unknown()).catch({}).default({}),
});

/** Scripts that run tests, the likeliest first. */
const SCRIPTS =
  /^(?:test|tests|test[:-]unit|unit|test[:-](?:ci|run|node|only|all|js|ts|mocha|jest|vitest|ava|tap|dev)|mocha|jest|vitest|ava|tap|tape|tests-only|_?unit-?tests?|coverage)$/;

async function ofPackage(files: ProjectFiles, path: string): Promise<TestPlan[]> {
  const folder = posix.dirname(path);
  const parsed = packageSchema.safeParse(jsonOf(await files.read(path)));
  if (!parsed.success) return [];
  const { scripts, dependencies, devDependencies } = parsed.data;
  const found: TestPlan[] = [];
  const names = Object.keys(scripts).filter((name) => SCRIPTS.test(name));
  names.sort((a, b) => (a === 'test' ? -1 : b === 'test' ? 1 : 0));
  for (const name of names) found.push(...ofScript(scripts, name, folder, `${path}: scripts.${name}`, 0));
  if (found.length > 0) return once(found);
  const all = { ...dependencies, ...devDependencies };
  const runner = (['vitest', 'jest', 'mocha', 'ava', 'tap', 'tape'] as const).find((name) => name in all);
  if (runner) return [{ runner, folder, args: [], files: [], from: `${path}: devDependencies.${runner}` }];
  return [];
}

/** A script may run others of its package. */
function ofScript(
  scripts: Record<string, unknown>,
  name: string,
  folder: string,
  from: string,
  depth: number,
): TestPlan[] {
  const text = scripts[name];
  if (typeof text !== 'string' || depth > 4) return [];
  return commandsIn(text).flatMap((command) => {
    const [program = '', ...rest] = command.words;
    const other = /^(?:npm|pnpm|yarn|bun|npm-run-all2?|run-s|run-p|wireit)$/.test(program)
      ? rest.flatMap((word) => scriptsCalled(scripts, word)).filter((one) => one !== name)
      : [];
    if (other.length > 0) return other.flatMap((one) => ofScript(scripts, one, folder, from, depth + 1));
    const plan = recognise(command, folder, from);
    return plan ? [plan] : [];
  });
}

/** The scripts that a word names; `*` stands for a part between colons, as npm-run-all has it. */
function scriptsCalled(scripts: Record<string, unknown>, word: string): string[] {
  const pattern = word.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const called = new RegExp(`^${pattern.join('[^:]*')}$`);
  return Object.keys(scripts).filter((one) => called.test(one));
}

async function ofPython(files: ProjectFiles): Promise<TestPlan[]> {
  const folders = files.paths
    .filter((path) => /(?:^|\/)(?:pyproject\.toml|setup\.py|setup\.cfg|tox\.ini|pytest\.ini)$/.test(path))
    .map((path) => posix.dirname(path))
    .filter((folder) => folder === '.' || folder.split('/').length <= 2);
  const tests = files.paths.filter((path) => TAKES.unittest.test(path) && classify(path) === 'test');
  if (tests.length === 0) return [];
  const plans: TestPlan[] = [];
  for (const folder of new Set(folders.length > 0 ? folders : ['.'])) {
    const sign = await signOfPytest(files, folder, tests);
    const own = tests.filter((path) => isInFolder(folder, path));
    if (own.length === 0) continue;
    if (sign !== undefined) {
      plans.push({ runner: 'pytest', folder, args: [], files: [], from: sign });
      continue;
    }
    const said = (await commandsOfCi(files))
      .map((command) => recognise(command, folder, 'CI'))
      .find((plan) => plan?.runner === 'unittest');
    const start = posix.dirname(posix.relative(folder, own.sort((a, b) => a.length - b.length)[0]!));
    plans.push(said ?? { runner: 'unittest', folder, args: [], files: [start], from: own[0]! });
  }
  return plans;
}

/** Test files that are read to see whose they are. */
const MAX_READ = 20;

/** Where it is said that tests are pytest's. */
async function signOfPytest(
  files: ProjectFiles,
  folder: string,
  tests: readonly string[],
): Promise<string | undefined> {
  const signs: [string, RegExp][] = [
    ['pytest.ini', /(?:)/],
    ['pyproject.toml', /\[tool\.pytest|\bpytest\b/],
    ['setup.cfg', /\[tool:pytest\]|\bpytest\b/],
    ['tox.ini', /\[pytest\]|\bpytest\b|py\.test/],
    ['setup.py', /\bpytest\b/],
    ['Makefile', /\bpytest\b|py\.test/],
    ['noxfile.py', /\bpytest\b/],
  ];
  for (const [name, sign] of signs) {
    const path = posix.join(folder, name);
    if (files.paths.includes(path) && sign.test((await files.read(path)) ?? '')) return path;
  }
  const others = files.paths.filter(
    (path) =>
      isInFolder(folder, path) &&
      /(?:^|\/)conftest\.py$|(?:^|\/)[\w./-]*requirements[\w./-]*\.(?:txt|in)$|^\.github\/workflows\/[^/]+\.ya?ml$|^\.travis\.yml$/.test(
        path,
      ),
  );
  for (const path of others)
    if (path.endsWith('conftest.py') || /\bpytest\b|py\.test/.test((await files.read(path)) ?? ''))
      return path;
  // A test that is a plain function is none to unittest.
  for (const path of tests.filter((one) => isInFolder(folder, one)).slice(0, MAX_READ))
    if (/^(?:import pytest\b|from pytest\b|(?:async )?def test_)/m.test((await files.read(path)) ?? ''))
      return path;
  return undefined;
}

const workflowSchema = z.object({
  jobs: z
    .record(z.string(), z.object({ steps: z.array(z.object({ run: z.unknown().optional() })).catch([]) }))
    .catch({}),
});

/** The commands that a repository's CI runs. */
async function commandsOfCi(files: ProjectFiles) {
  const scripts: string[] = [];
  for (const path of files.paths.filter((one) => /^\.github\/workflows\/[^/]+\.ya?ml$/.test(one))) {
    try {
      const { jobs } = workflowSchema.parse(parseYaml((await files.read(path)) ?? ''));
      for (const { steps } of Object.values(jobs))
        for (const { run } of steps) if (typeof run === 'string') scripts.push(run);
    } catch {
      // A workflow that cannot be read says nothing.
    }
  }
  return scripts.flatMap((script) => commandsIn(script.replace(/\$\{\{.*?\}\}/g, 'expression')));
}

/** Build tags and features stand in CI, not in the manifest. */
async function withArgsOfCi(files: ProjectFiles, plan: TestPlan): Promise<TestPlan> {
  const said = (await commandsOfCi(files))
    .map((command) => recognise(command, plan.folder, 'CI'))
    .find(
      (found) =>
        found?.runner === plan.runner &&
        !found.args.some((arg) => arg.includes('expression') || arg.includes('$')),
    );
  return said ? { ...plan, args: said.args, from: `${plan.from} and CI` } : plan;
}

function once(plans: readonly TestPlan[]): TestPlan[] {
  return [
    ...new Map(
      plans.map((plan) => [JSON.stringify([plan.runner, plan.args, plan.files, plan.env]), plan]),
    ).values(),
  ];
}
