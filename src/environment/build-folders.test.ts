import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openJail, overlayProblem } from '../sandbox/index.ts';
import { BuildFolders } from './build-folders.ts';
import { scratchFolder } from './place.ts';
import type { PreparedSetup } from './setups.ts';

let home: string;
let setup: PreparedSetup;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'kino-build-'));
  const build = await mkdtemp(join(home, 'setup-'));
  await writeFile(join(build, 'compiled'), 'once\n');
  setup = { key: 'k', env: () => ({}), path: [], mounts: () => [], build };
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** Runs a shell command in a jail with the build folder of a tree, and gives what it printed. */
async function build(builds: BuildFolders, tree: string, command: string): Promise<string> {
  const scratch = await scratchFolder({ home });
  const { folder, overlay, keep } = await builds.open(tree, setup, scratch, '/build');
  const jail = await openJail({
    mounts: overlay ? [] : [{ source: folder, target: '/build', writable: true }],
    ...(overlay && { overlays: [overlay] }),
  });
  try {
    return (await jail.exec(['sh', '-c', command], { cwd: '/build' })).output.trim();
  } finally {
    await jail.dispose();
    await keep();
  }
}

test('what one run builds is there for the next of the same tree, and for no other', async () => {
  const builds = new BuildFolders({ home });
  expect(await build(builds, 'a', 'cat compiled; echo changed > compiled; echo new > built')).toBe('once');
  const isLayered = (await overlayProblem(join(home, 'workspaces'))) === undefined;
  expect(await build(builds, 'a', 'cat compiled built 2>&1')).toBe(
    isLayered ? 'changed\nnew' : expect.stringMatching(/^once\n.*built/),
  );
  expect(await build(builds, 'b', 'cat compiled; ls')).toBe('once\ncompiled');
  await builds.dispose();
  expect(await build(builds, 'a', 'cat compiled; ls')).toBe('once\ncompiled');
  expect(await readdir(setup.build!)).toEqual(['compiled']);
});

test('runs of one tree at once do not see what the other writes', async () => {
  const builds = new BuildFolders({ home });
  const said = await Promise.all(
    [1, 2, 3].map((run) => build(builds, 'c', `echo ${run} > own; sleep .2; cat own`)),
  );
  expect(said).toEqual(['1', '2', '3']);
  await builds.dispose();
});
