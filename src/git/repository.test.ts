import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createRepository } from '../../test/support/repository.ts';
import { temporaryFolder } from '../../test/support/temporary.ts';
import {
  exportBase,
  GitError,
  GitMissingError,
  git,
  listTree,
  NoSuchCommitError,
  NotARepositoryError,
  openRepository,
  readBlobs,
  readHistory,
  repositoryIdentity,
  resolveCommit,
} from './index.ts';

const one = { message: 'one', files: { 'src/a.ts': 'a' } };

test('a folder without a repository, no folder and a file are refused in one sentence', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  await expect(openRepository(folder)).rejects.toThrow(NotARepositoryError);
  await expect(openRepository(join(folder, 'none'))).rejects.toThrow(/\(there is no such folder\)/);
  await expect(openRepository(join(folder, 'file'))).rejects.toThrow(/\(it is a file\)/);
});

test('a repository is found from its top, from below, from its .git and when it is bare', async () => {
  const { path, git: run } = createRepository([one]);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const expected = { path, name, shallow: false };
  expect(await openRepository(path)).toEqual(expected);
  expect(await openRepository(join(path, 'src'))).toEqual(expected);
  expect(await openRepository(join(path, '.git'))).toMatchObject({ name, shallow: false });
  const bare = join(temporaryFolder(), 'some thing.git');
  run('clone', '--quiet', '--bare', path, bare);
  expect(await openRepository(bare)).toEqual({ path: bare, name: 'some thing', shallow: false });
});

test('a variable of git in the environment leads nowhere else', async () => {
  const { path } = createRepository([one]);
  const other = createRepository([one]);
  process.env.GIT_DIR = join(other.path, '.git');
  onTestFinished(() => {
    delete process.env.GIT_DIR;
  });
  expect((await openRepository(path)).path).toBe(path);
});

test('an empty history has no HEAD, and says so', async () => {
  const repository = await openRepository(createRepository().path);
  await expect(resolveCommit(repository, 'HEAD')).rejects.toThrow(NoSuchCommitError);
  await expect(resolveCommit(repository, 'HEAD')).rejects.toThrow(/has no commit yet/);
  await expect(Array.fromAsync(readHistory(repository))).rejects.toThrow(GitError);
});

test('a HEAD that leads nowhere is no commit, and one that is garbage no repository', async () => {
  const { path, commit } = createRepository();
  const id = commit(one);
  writeFileSync(join(path, '.git/HEAD'), 'ref: refs/heads/nowhere\n');
  const repository = await openRepository(path);
  await expect(resolveCommit(repository, 'HEAD')).rejects.toThrow(NoSuchCommitError);
  expect(await resolveCommit(repository, 'main')).toBe(id);
  writeFileSync(join(path, '.git/HEAD'), 'garbage');
  await expect(openRepository(path)).rejects.toThrow(NotARepositoryError);
});

test('revisions name commits: branches, tags, short ids, a detached HEAD', async () => {
  const { path, commit, git: run } = createRepository();
  const first = commit(one);
  const second = commit({ message: 'two', files: { 'src/a.ts': 'b' } });
  run('-c', 'user.name=a', '-c', 'user.email=a@b', 'tag', '-a', 'v1', '-m', 'annotated', first);
  run('checkout', '-q', '--detach', first);
  const repository = await openRepository(path);
  expect(await resolveCommit(repository, 'HEAD')).toBe(first);
  expect(await resolveCommit(repository, 'v1')).toBe(first);
  expect(await resolveCommit(repository, 'main')).toBe(second);
  expect(await resolveCommit(repository, 'main~1')).toBe(first);
  expect(await resolveCommit(repository, second.slice(0, 10))).toBe(second);
});

test.each([
  '',
  'nothing',
  '1'.repeat(40),
  'HEAD:src/a.ts',
  'HEAD:src',
  '^HEAD',
  '--all',
  '-n',
  'a b\nc',
  'HEAD..HEAD',
])('the revision %j names no commit', async (revision) => {
  const repository = await openRepository(createRepository([one]).path);
  await expect(resolveCommit(repository, revision)).rejects.toThrow(NoSuchCommitError);
});

test('the identity of a repository is the same in a clone and another elsewhere', async () => {
  const original = createRepository([one]);
  const head = original.commit({ message: 'two' });
  const clone = join(temporaryFolder(), 'clone.git');
  original.git('clone', '--quiet', '--bare', original.path, clone);
  const identity = async (path: string, commit: string) =>
    repositoryIdentity(await openRepository(path), commit);
  expect(await identity(original.path, head)).toMatch(/^[0-9a-f]{16}$/);
  expect(await identity(clone, head)).toBe(await identity(original.path, head));
  expect(await identity(clone, `${head}~1`)).toBe(await identity(original.path, head));
  const other = createRepository([{ message: 'other' }]);
  expect(await identity(other.path, 'HEAD')).not.toBe(await identity(clone, head));
});

test('no program that a repository names is run by anything Kino does', async () => {
  const { path, commit, git: run } = createRepository();
  const base = commit({ message: 'base', files: { 'a.ts': 'a', 'b.bin': 'b' } });
  commit({
    message: 'later',
    files: { 'a.ts': 'b', '.gitattributes': '* diff=evil filter=evil merge=evil\n' },
  });
  const head = run('rev-parse', 'HEAD');
  const evil = temporaryFolder();
  const marker = join(evil, 'marker');
  const script = join(evil, 'script.sh');
  writeFileSync(script, `#!/bin/sh\necho "$0 $*" >> '${marker}'\ncat\n`);
  const hooks = [join(evil, 'hooks'), join(path, '.git/hooks')];
  for (const folder of hooks) {
    mkdirSync(folder, { recursive: true });
    for (const hook of [
      'post-checkout',
      'reference-transaction',
      'post-index-change',
      'pre-auto-gc',
      'fsmonitor-watchman',
    ]) {
      writeFileSync(join(folder, hook), `#!/bin/sh\necho hook >> '${marker}'\n`);
      chmodSync(join(folder, hook), 0o755);
    }
  }
  chmodSync(script, 0o755);
  const command = `'${script}'`;
  const settings = {
    'core.fsmonitor': command,
    'core.hooksPath': hooks[0]!,
    'core.pager': command,
    'core.editor': command,
    'core.sshCommand': command,
    'core.alternateRefsCommand': command,
    'pager.log': command,
    'diff.external': command,
    'diff.evil.command': command,
    'diff.evil.textconv': command,
    'filter.evil.smudge': command,
    'filter.evil.clean': command,
    'filter.evil.process': command,
    'gpg.program': command,
    'log.showSignature': 'true',
    'credential.helper': `!${command}`,
    'uploadpack.packObjectsHook': command,
    'alias.log': `!${command}`,
    'alias.ls-tree': `!${command}`,
  };
  // Written and not set through git, which would run some of them.
  for (const [name, value] of Object.entries(settings)) run('config', '--file', '.git/config', name, value);

  const repository = await openRepository(path);
  expect(await resolveCommit(repository, 'HEAD')).toBe(head);
  expect(await Array.fromAsync(readHistory(repository))).toHaveLength(2);
  const tree = await listTree(repository, head);
  await Array.fromAsync(
    readBlobs(
      repository,
      tree.map(({ blob }) => blob),
    ),
  );
  await repositoryIdentity(repository, head);
  await exportBase(repository, base, join(temporaryFolder(), 'base'));
  await exportBase(repository, head, join(temporaryFolder(), 'head'));
  expect(existsSync(marker)).toBe(false);
  // The trap is one: git by itself falls into it.
  run('status');
  expect(existsSync(marker)).toBe(true);
});

test('a git that is not there, and a folder that is gone, are told apart', async () => {
  const path = process.env.PATH;
  onTestFinished(() => {
    process.env.PATH = path;
  });
  await expect(git(join(temporaryFolder(), 'gone'), ['status'])).rejects.toThrow(/there is no folder/);
  process.env.PATH = temporaryFolder();
  await expect(openRepository(temporaryFolder())).rejects.toThrow(GitMissingError);
});

test('what git says of a failure is in the error', async () => {
  const { path } = createRepository([one]);
  const failure = git(path, ['cat-file', '-p', 'HEAD:nothing']);
  await expect(failure).rejects.toThrow(/^git cat-file failed: .*nothing/);
  await expect(failure).rejects.toMatchObject({ exitCode: 128 });
});
