import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRepository } from '../../test/support/repository.ts';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { GitError, NotARepositoryError } from './errors.ts';
import { exportBase } from './export-base.ts';
import { git } from './git.ts';
import { openRepository } from './repository.ts';
import { isOwnRepository, withoutFilters, workTreeEnvironment } from './untrusted.ts';
import { addWorktree, uncommittedIn } from './worktrees.ts';

/** A repository whose files go through a program of its own, and what that leaves when it runs. */
function filtered() {
  const repository = createRepository([
    { message: 'one', files: { 'a.txt': 'a\n', '.gitattributes': '*.txt filter=Evil.One\n' } },
  ]);
  const mark = join(temporaryFolder(), 'ran');
  const program = `sh -c 'touch "${mark}"; cat'`;
  for (const what of ['clean', 'smudge', 'process'])
    repository.git('config', `filter.Evil.One.${what}`, program);
  repository.git('config', 'filter.Evil.One.required', 'true');
  return { ...repository, mark };
}

test('no filter runs where a work tree is made or looked at', async () => {
  const { path, git, mark } = filtered();
  const there = join(temporaryFolder(), 'tree');
  await addWorktree(path, there, 'kino/x', git('rev-parse', 'HEAD'), await withoutFilters(path));
  expect(existsSync(join(there, 'a.txt'))).toBe(true);
  writeFileSync(join(there, 'a.txt'), 'b\n');
  expect(await uncommittedIn(there, await withoutFilters(there))).toEqual(['a.txt']);
  expect(existsSync(mark)).toBe(false);
  await uncommittedIn(there, {}).catch(() => {});
  expect(existsSync(mark), 'the program is one that git would run').toBe(true);
});

test('what is missing in a repository is not fetched by a program that it names', async () => {
  const origin = createRepository([{ message: 'one', files: { 'a.txt': 'a\n', 'b.txt': 'b\n' } }]);
  origin.git('config', 'uploadpack.allowFilter', 'true');
  const path = join(temporaryFolder(), 'partial');
  const from = `file://${origin.path}`;
  execFileSync('git', ['clone', '--quiet', '--no-checkout', '--filter=blob:none', from, path]);
  const mark = join(temporaryFolder(), 'ran');
  const config = (...args: string[]) => execFileSync('git', ['config', ...args], { cwd: path });
  config('remote.origin.uploadpack', `touch "${mark}"; git-upload-pack`);
  await expect(git(path, ['show', 'HEAD:a.txt'])).rejects.toThrow(GitError);
  await expect(
    exportBase(await openRepository(path), origin.git('rev-parse', 'HEAD'), temporaryFolder()),
  ).rejects.toThrow(GitError);
  expect(existsSync(mark)).toBe(false);
  expect(execFileSync('git', ['show', 'HEAD:a.txt'], { cwd: path, encoding: 'utf8' })).toBe('a\n');
  expect(existsSync(mark), 'git itself would run it').toBe(true);
});

test('a repository whose files are said to be those of another folder is not compared', async () => {
  const { path, git } = createRepository([{ message: 'one', files: { 'a.txt': 'a\n' } }]);
  expect(await workTreeEnvironment(path)).toMatchObject({ GIT_CONFIG_COUNT: '0' });
  mkdirSync(join(path, 'sub'));
  expect(await workTreeEnvironment(join(path, 'sub'))).toMatchObject({ GIT_CONFIG_COUNT: '0' });
  git('config', 'core.worktree', temporaryFolder());
  await expect(workTreeEnvironment(path)).rejects.toThrow(NotARepositoryError);
});

test('a folder that only points at a repository elsewhere has none of its own; work trees and submodules have', async () => {
  const { path, git } = createRepository([{ message: 'one', files: { 'a.txt': 'a\n' } }]);
  expect(await isOwnRepository(path)).toBe(true);
  const pointing = temporaryFolder();
  writeFileSync(join(pointing, '.git'), `gitdir: ${join(path, '.git')}\n`);
  expect(await isOwnRepository(pointing)).toBe(false);
  const tree = join(temporaryFolder(), 'tree');
  git('worktree', 'add', '--quiet', tree);
  expect(await isOwnRepository(tree)).toBe(true);
  const above = createRepository([{ message: 'above', files: { b: 'b\n' } }]);
  above.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', path, 'part');
  expect(await isOwnRepository(join(above.path, 'part'))).toBe(true);
  const shared = temporaryFolder();
  mkdirSync(join(shared, '.git'));
  writeFileSync(join(shared, '.git', 'commondir'), `${join(path, '.git')}\n`);
  expect(await isOwnRepository(shared)).toBe(false);
  const bare = join(temporaryFolder(), 'bare');
  execFileSync('git', ['clone', '--quiet', '--bare', '--no-local', path, bare]);
  expect(await isOwnRepository(bare)).toBe(true);

  // What pretends to be a submodule of itself, and what shares the other's objects in some way.
  const pretending = temporaryFolder();
  writeFileSync(join(pretending, '.git'), 'gitdir: .g\n');
  mkdirSync(join(pretending, '.g'));
  writeFileSync(join(pretending, '.g', 'HEAD'), 'ref: refs/heads/main\n');
  writeFileSync(join(pretending, '.g', 'config'), '[core]\n\tworktree = ..\n');
  writeFileSync(join(pretending, '.g', 'commondir'), join(path, '.git'));
  expect(await isOwnRepository(pretending)).toBe(false);
  for (const link of ['objects', 'refs']) {
    const linked = createRepository([{ message: 'one', files: { b: 'b\n' } }]);
    rmSync(join(linked.path, '.git', link), { recursive: true });
    symlinkSync(join(path, '.git', link), join(linked.path, '.git', link));
    expect(await isOwnRepository(linked.path), link).toBe(false);
  }
  const borrowing = createRepository([{ message: 'one', files: { b: 'b\n' } }]);
  writeFileSync(join(borrowing.path, '.git/objects/info/alternates'), join(path, '.git/objects\n'));
  expect(await isOwnRepository(borrowing.path)).toBe(false);
});
