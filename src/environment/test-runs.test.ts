import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRepository } from '../../test/support/repository.ts';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { openRepository, TreeStore } from '../git/index.ts';
import type { TestPlan } from '../project/index.ts';
import type { PreparedSetup } from './setups.ts';
import { TestRuns } from './test-runs.ts';

test('tests that clean up too much, or write where packages are, harm neither the set-up nor the next run', async () => {
  const home = temporaryFolder();
  const modules = join(home, 'setup', 'node_modules');
  for (const folder of ['left-pad', '.cache']) mkdirSync(join(modules, folder), { recursive: true });
  writeFileSync(join(modules, 'left-pad', 'index.js'), 'module.exports = 1;\n');
  const repository = createRepository([{ message: 'a', files: { 'a.js': '1\n' } }]);
  const runs = new TestRuns(
    { home },
    await TreeStore.open(await openRepository(repository.path), join(home, 'trees')),
  );
  const setup: PreparedSetup = {
    ...{ key: 'k', env: () => ({}), path: [] },
    mounts: (root) => [
      { source: modules, target: join(root, 'node_modules') },
      { target: join(root, 'node_modules', '.cache'), empty: true },
    ],
  };
  const command = [
    'ls -A node_modules/.cache > seen.txt',
    'git init -q . && git clean -fdxq -e seen.txt',
    'rm -rf node_modules/* a.js',
    'echo mine > node_modules/left-pad/index.js',
    'echo mine > node_modules/.cache/kept',
    'echo "<testsuite><testcase classname=\\"c\\" name=\\"$(cat seen.txt)$(cat node_modules/left-pad/index.js)\\"/></testsuite>" > r.xml',
  ].join('; ');
  const how = { runner: 'junit', folder: '.', args: [], files: [], from: 'given' } as const;
  const plan: TestPlan = { ...how, args: [], files: [], command, report: 'r.xml' };
  const request = { tree: repository.git('rev-parse', 'HEAD').trim(), plan, setup, seconds: 30 };
  for (const attempt of [1, 2]) {
    const { report } = await runs.kept({ ...request, attempt }, { node: process.execPath, toolchain: {} });
    expect(report.cases.map(({ id }) => id)).toEqual(['c::module.exports = 1;']);
  }
  expect(readdirSync(modules).sort()).toEqual(['.cache', 'left-pad']);
  expect(readdirSync(join(modules, '.cache'))).toEqual([]);
  expect(readFileSync(join(modules, 'left-pad', 'index.js'), 'utf8')).toBe('module.exports = 1;\n');
});
