import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createSlugs } from '../../../test/support/slugs.ts';
import { temporaryFolder } from '../../../test/support/temporary.ts';
import { openRepository } from '../../git/index.ts';
import type { Candidate } from '../environment.ts';
import { readTasks, writeTasks } from '../file.ts';
import type { FixTask } from '../task.ts';
import { canShiftClock } from '../test-runs.ts';
import { type FixMineOptions, mineFix } from './mine.ts';
import { FIX_REASONS } from './reasons.ts';

// Each runs real test suites many times, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

async function mine(path: string, options: Partial<FixMineOptions> = {}): Promise<Candidate<FixTask>[]> {
  const place = { home: temporaryFolder() };
  return Array.fromAsync(mineFix(await openRepository(path), { place, repeats: 1, mutants: 1, ...options }));
}

test('every commit becomes a task or says why not', async () => {
  const { path, commits } = createSlugs();
  const candidates = await mine(path, { repeats: 2, mutants: 8 });
  const outcomes = Object.fromEntries(
    candidates.map((one) => [
      Object.keys(commits).find((name) => commits[name] === one.commit),
      'task' in one ? 'task' : one.dropped,
    ]),
  );
  expect(outcomes).toEqual({
    first: FIX_REASONS.first,
    fix: 'task',
    docs: FIX_REASONS.noSource,
    untested: FIX_REASONS.noTests,
    passing: FIX_REASONS.passesBefore,
    renamed: FIX_REASONS.overSpecified,
    moved: FIX_REASONS.onlyLoads,
    bot: FIX_REASONS.bot,
    version: FIX_REASONS.version,
  });
  const { task } = candidates.find((one) => 'task' in one)!;
  const { tests, quality, statement, setup } = task as FixTask;
  expect(tests).toMatchObject({
    plan: { runner: 'node:test', folder: '.' },
    files: ['test/slug.test.js'],
    failToPass: [
      'test/slug.test.js::slugOf > drops what is no letter',
      'test/slug.test.js::slugOf > has a name for nothing',
    ],
    passToPass: ['test/slug.test.js::slugOf > joins words', 'test/slug.test.js::titleOf gives words back'],
    quarantined: [],
    scope: 'suite',
    canaries: ['test/slug.test.js'],
  });
  expect(setup.tool).toBe('none');
  expect(statement).toMatch(/^Slugs hold letters and digits only\n\nPunctuation/);
  expect(quality.leaks).toEqual([]);
  expect(quality.specification.unsaid).toEqual([]);
  expect(quality.strength.mutants).toBeGreaterThan(4);
  expect(quality.strength.share).toBeGreaterThan(0.5);
  expect(quality.difficulty).toMatchObject({ files: 1, hunks: 1 });
});

test('the same history gives the same bytes, wherever it lies and however often it is begun', async () => {
  const { path, commits } = createSlugs();
  const elsewhere = createSlugs().path;
  const options = { only: commits.fix!, mutants: 3 };
  const bytes: string[] = [];
  for (const folder of [path, elsewhere]) {
    const tasks = (await mine(folder, options)).flatMap((one) => ('task' in one ? [one.task] : []));
    const file = join(folder, '.kino', 'environments', 'fix.jsonl');
    await writeTasks(file, tasks);
    // A repository is called by its folder.
    bytes.push(readFileSync(file, 'utf8').replace(/"name":"kino test \w+"/, ''));
    expect((await readTasks(file))[0]).toMatchObject({ repository: { path: folder } });
  }
  expect(bytes[0]).toBe(bytes[1]);
});

test('what was run is kept: begun again, nothing is run twice', async () => {
  const { path, commits } = createSlugs();
  const place = { home: temporaryFolder() };
  const [first] = await mine(path, { only: commits.fix!, place });
  const files = () =>
    readdirSync(join(place.home, 'runs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.json'),
    );
  const before = files();
  // A run that was not written whole is made again.
  writeFileSync(join(place.home, 'runs', before[0]!), '{"report":');
  const [again] = await mine(path, { only: commits.fix!, place });
  expect(again).toEqual({ ...first, steps: expect.anything() });
  expect(files()).toEqual(before);
});

test('a merged branch is one change, and its message is what its commits say', async () => {
  const repository = createSlugs();
  repository.git('checkout', '-q', '-b', 'branch', repository.commits.first!);
  const { path, git, commit } = repository;
  const source = git('show', `${repository.commits.fix}:src/slug.js`);
  const tests = git('show', `${repository.commits.fix}:test/slug.test.js`);
  commit({ message: 'Slugs hold nothing but letters and digits', files: { 'src/slug.js': `${source}\n` } });
  commit({ message: 'Test the new slugs', files: { 'test/slug.test.js': `${tests}\n` } });
  git('checkout', '-q', '-B', 'trunk', repository.commits.first!);
  git(
    '-c',
    'user.name=a',
    '-c',
    'user.email=a@b',
    'merge',
    '-q',
    '--no-ff',
    '-m',
    'Merge pull request #1 from a/b\n\nOnly letters and digits in slugs',
    'branch',
  );
  const plain = await mine(path);
  expect(plain.map((one) => ('task' in one ? 'task' : one.dropped))).toEqual([
    FIX_REASONS.merge,
    FIX_REASONS.noSource,
    FIX_REASONS.noTests,
    FIX_REASONS.first,
  ]);
  const [merged] = await mine(path, { merges: true });
  expect(merged).toMatchObject({
    task: { source: { kind: 'merge', subject: 'Only letters and digits in slugs' } },
  });
  expect((merged as { task: FixTask }).task.statement).toContain('Slugs hold nothing but letters and digits');
  const [range] = await mine(path, { ranges: [`${repository.commits.first}..HEAD`] });
  expect(range).toMatchObject({ task: { source: { kind: 'merge' } } });
});

test('a test that is another one each time is quarantined', async () => {
  const { path, commits, commit, git } = createSlugs();
  git('reset', '-q', '--hard', commits.first!);
  const show = (file: string) => git('show', `${commits.fix}:${file}`);
  const id = commit({
    message: 'Slugs hold letters and digits only, at last',
    files: {
      'src/slug.js': `${show('src/slug.js')}\n`,
      'test/slug.test.js': `${show('test/slug.test.js')}\ntest('at ' + process.hrtime.bigint(), () => {});\n`,
    },
  });
  const [candidate] = await mine(path, { only: id, repeats: 2 });
  const { tests } = (candidate as { task: FixTask }).task;
  expect(tests.quarantined.length).toBeGreaterThan(1);
  expect(tests.quarantined.every(({ id: test, why }) => test.includes('::at ') && why === 'flaky')).toBe(
    true,
  );
  expect(tests.failToPass).toHaveLength(2);
});

test('a fix that one small change makes is said to be trivial', async () => {
  const repository = createSlugs();
  repository.git('reset', '-q', '--hard', repository.commits.fix!);
  const show = (file: string) => repository.git('show', `${repository.commits.fix}:${file}`);
  const source = show('src/slug.js');
  repository.commit({
    message: 'Lose a character by mistake in titles',
    files: { 'src/slug.js': `${source.replace('slice(1)', 'slice(2)')}\n` },
  });
  const id = repository.commit({
    message: 'Titles keep the second letter of each of their words again',
    files: {
      'src/slug.js': `${source}\n// And so it is.\n// It always was.\n`,
      'test/slug.test.js': `${show('test/slug.test.js')}\ntest('titles are whole', () => assert.equal(titleOf('abc'), 'Abc'));\n`,
    },
  });
  const [candidate] = await mine(repository.path, { only: id, mutants: 8 });
  expect(candidate).toMatchObject({ task: { quality: { difficulty: { trivial: true } } } });
  const [strict] = await mine(repository.path, { only: id, mutants: 8, strict: true });
  expect(strict).toMatchObject({ dropped: FIX_REASONS.trivial });
});

test.skipIf(!canShiftClock())('a test that will fail one day is quarantined', async () => {
  const { path, commits, commit, git } = createSlugs();
  git('reset', '-q', '--hard', commits.first!);
  const show = (file: string) => git('show', `${commits.fix}:${file}`);
  const soon = Date.now() + 50 * 24 * 60 * 60 * 1000;
  const id = commit({
    message: 'Slugs hold letters and digits only, for now',
    files: {
      'src/slug.js': `${show('src/slug.js')}\n`,
      'test/slug.test.js': `${show('test/slug.test.js')}\ntest('is not too late', () => assert.ok(Date.now() < ${soon}));\n`,
    },
  });
  const [candidate] = await mine(path, { only: id, repeats: 2 });
  const { tests } = (candidate as { task: FixTask }).task;
  expect(tests.quarantined).toEqual([{ id: 'test/slug.test.js::is not too late', why: 'time' }]);
  expect(tests.failToPass).toHaveLength(2);
});
