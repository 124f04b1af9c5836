import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRepository } from '../../test/support/repository.ts';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { addWorktree, removeWorktree, sharedGitDir, uncommittedIn } from './index.ts';

const one = { message: 'one', files: { a: 'a\n' } };

async function withWorktree(branch = 'kino/work') {
  const repository = createRepository([one]);
  const worktree = join(temporaryFolder(), 'a worktree');
  const base = repository.git('rev-parse', 'HEAD');
  await addWorktree(repository.path, worktree, branch, base);
  const inside = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@y.z', ...args], {
      cwd: worktree,
      encoding: 'utf8',
    }).trim();
  const branches = () => repository.git('branch', '--format=%(refname:short)').split('\n');
  return { ...repository, worktree, branch, base, inside, branches };
}

test('a worktree shares the git directory of its repository; any other folder shares none', async () => {
  const { path, worktree } = await withWorktree();
  expect(await sharedGitDir(worktree)).toBe(realpathSync(join(path, '.git')));
  expect(await sharedGitDir(path)).toBeUndefined();
  expect(await sharedGitDir(temporaryFolder())).toBeUndefined();
});

test('a .git file that lies about where it belongs shares nothing', async () => {
  const outside = temporaryFolder();
  const root = temporaryFolder();
  const lie = (gitDir: string, common: string, back = join(root, '.git')) => {
    rmSync(join(root, 'fake'), { recursive: true, force: true });
    mkdirSync(join(root, 'fake', 'worktrees', 'x'), { recursive: true });
    writeFileSync(join(root, '.git'), `gitdir: ${gitDir}\n`);
    for (const folder of [join(root, 'fake'), join(root, 'fake', 'worktrees', 'x')]) {
      writeFileSync(join(folder, 'commondir'), `${common}\n`);
      writeFileSync(join(folder, 'gitdir'), `${back}\n`);
    }
    return sharedGitDir(root);
  };
  expect(await lie('fake', outside)).toBeUndefined();
  expect(await lie('fake/worktrees/x', outside)).toBeUndefined();
  expect(await lie(join(root, 'fake/worktrees/x'), outside)).toBeUndefined();
  mkdirSync(join(outside, 'worktrees'));
  expect(await lie('fake/worktrees/x', outside)).toBeUndefined();
  expect(await lie('nowhere', outside)).toBeUndefined();
});

test('a link to another worktree does not make a folder one', async () => {
  const { path, worktree } = await withWorktree();
  const root = temporaryFolder();
  writeFileSync(join(root, '.git'), readFileSync(join(worktree, '.git')));
  expect(await sharedGitDir(root)).toBeUndefined();
  rmSync(join(root, '.git'));
  symlinkSync(join(path, '.git', 'worktrees'), join(root, 'worktrees'));
  writeFileSync(join(root, '.git'), 'gitdir: worktrees/a worktree\n');
  expect(await sharedGitDir(root)).toBeUndefined();
});

test('a worktree goes with its branch where the branch has nothing of its own', async () => {
  const { path, worktree, branch, branches } = await withWorktree();
  writeFileSync(join(worktree, 'new'), 'not committed');
  expect(await uncommittedIn(worktree)).toEqual(['new']);
  expect(await removeWorktree(path, worktree, branch)).toBe(true);
  expect(existsSync(worktree)).toBe(false);
  expect(branches()).toEqual(['main']);
});

test('a branch with commits of its own stays', async () => {
  const { path, worktree, branch, branches, inside } = await withWorktree();
  inside('commit', '--quiet', '--allow-empty', '--message', 'work');
  const work = inside('rev-parse', 'HEAD');
  expect(await removeWorktree(path, worktree, branch)).toBe(false);
  expect(existsSync(worktree)).toBe(false);
  expect(branches()).toEqual([branch, 'main']);
  expect(execFileSync('git', ['rev-parse', branch], { cwd: path, encoding: 'utf8' }).trim()).toBe(work);
});

test('a branch whose commits were merged goes, whatever is checked out', async () => {
  const { path, worktree, branch, branches, inside, git } = await withWorktree();
  git('branch', 'older');
  inside('commit', '--quiet', '--allow-empty', '--message', 'work');
  git('merge', '--quiet', '--ff-only', branch);
  git('checkout', '--quiet', 'older');
  expect(await removeWorktree(path, worktree, branch)).toBe(true);
  expect(branches()).toEqual(['main', 'older']);
});

test('neither a hook nor a repository inside runs when a worktree is added and looked at', async () => {
  const mark = join(temporaryFolder(), 'mark');
  const { path, git } = createRepository([one]);
  mkdirSync(join(path, '.git', 'hooks'), { recursive: true });
  writeFileSync(join(path, '.git', 'hooks', 'post-checkout'), `#!/bin/sh\ntouch '${mark}'\n`, {
    mode: 0o755,
  });
  const worktree = join(temporaryFolder(), 'w');
  await addWorktree(path, worktree, 'work', git('rev-parse', 'HEAD'));
  expect(existsSync(mark)).toBe(false);
  const sub = join(worktree, 'sub');
  const inSub = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@y.z', ...args], { cwd: sub });
  mkdirSync(sub);
  inSub('init', '--quiet');
  writeFileSync(join(sub, 'f'), 'x\n');
  writeFileSync(join(sub, '.gitattributes'), '* filter=e\n');
  inSub('add', '--all');
  inSub('commit', '--quiet', '--message', 'x');
  const commit = inSub('rev-parse', 'HEAD').toString().trim();
  execFileSync('git', ['update-index', '--add', '--cacheinfo', `160000,${commit},sub`], { cwd: worktree });
  inSub('config', 'filter.e.clean', `touch '${mark}'; cat`);
  writeFileSync(join(sub, 'f'), 'y\n');
  expect(await uncommittedIn(worktree)).toEqual(['sub']);
  expect(existsSync(mark)).toBe(false);
});
