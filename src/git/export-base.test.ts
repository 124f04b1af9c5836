import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRepository, type TestRepository } from '../../test/support/repository.ts';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { exportBase, git, listTree, openRepository } from './index.ts';

const LATER = { message: 'the answer', files: { 'src/a.ts': 'export const answer = 42;\n' } };

/** Every file below a folder. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function exported(path: string, commit: string): Promise<string> {
  const target = join(temporaryFolder(), 'work space');
  await exportBase(await openRepository(path), commit, target);
  return target;
}

/** Nothing but the base is there, by every way that leads further. */
async function expectOnlyBase(target: string, base: string, later: string, source: string): Promise<void> {
  expect(await git(target, ['rev-parse', 'HEAD'])).toBe(base);
  expect(await git(target, ['symbolic-ref', 'HEAD'])).toBe('refs/heads/main');
  await expect(git(target, ['cat-file', '-e', later])).rejects.toThrow();
  expect(await git(target, ['rev-list', '--all'])).toBe(base);
  expect(await git(target, ['for-each-ref', '--format=%(refname)'])).toBe('refs/heads/main');
  expect(await git(target, ['status', '--porcelain', '--ignored'])).toBe('');
  expect(await git(target, ['fsck', '--unreachable', '--no-dangling'])).toBe('');
  expect(await git(target, ['reflog', 'show', '--all'])).toBe('');
  expect(await git(target, ['stash', 'list'])).toBe('');
  expect(await git(target, ['remote'])).toBe('');
  const files = filesBelow(join(target, '.git')).map((file) => file.slice(join(target, '.git/').length));
  const leads = /^(?:\w+_HEAD|logs|hooks|packed-refs|refs\/(?!heads\/main$)|objects\/info\/alternates)/;
  expect(files.filter((file) => leads.test(file))).toEqual([]);
  for (const file of filesBelow(join(target, '.git'))) {
    const content = readFileSync(file);
    expect([file, content.includes(source), content.includes(later)]).toEqual([file, false, false]);
  }
}

async function objectsOf(target: string): Promise<string[]> {
  const all = await git(target, ['cat-file', '--batch-all-objects', '--batch-check=%(objectname)']);
  return all.split('\n').sort();
}

/** What a commit alone holds: itself, its trees, its blobs. */
function objectsOfCommit(repository: TestRepository, commit: string): string[] {
  return repository.git('rev-list', '--objects', '--no-walk', '--no-object-names', commit).split('\n').sort();
}

function withFuture(): { repository: TestRepository; base: string; later: string } {
  const repository = createRepository([
    { message: 'first', files: { 'src/a.ts': 'export {};\n', 'old.txt': 'gone soon' } },
  ]);
  const base = repository.commit({ message: 'base', files: { 'src/b.ts': 'b\n', 'old.txt': null } });
  const later = repository.commit(LATER);
  return { repository, base, later };
}

test('an exported base holds its own objects and nothing that came after or before', async () => {
  const { repository, base, later } = withFuture();
  repository.git(
    '-c',
    'user.name=a',
    '-c',
    'user.email=a@b',
    'tag',
    '-a',
    'v1',
    '-m',
    'a tag of the future',
    later,
  );
  repository.git('tag', 'v0', base);
  repository.git('branch', 'feature', later);
  repository.git('update-ref', 'refs/notes/commits', later);
  repository.git('pack-refs', '--all');
  const target = await exported(repository.path, base);
  await expectOnlyBase(target, base, later, repository.path);
  expect(await objectsOf(target)).toEqual(objectsOfCommit(repository, base));
  expect(readFileSync(join(target, 'src/a.ts'), 'utf8')).toBe('export {};\n');
  expect(existsSync(join(target, 'old.txt'))).toBe(false);
});

test('a first commit and the newest one can be exported as well', async () => {
  const { repository, later } = withFuture();
  const first = repository.git('rev-list', '--max-parents=0', 'HEAD');
  await expectOnlyBase(await exported(repository.path, first), first, later, repository.path);
  const target = await exported(repository.path, later);
  expect(await git(target, ['rev-list', '--all'])).toBe(later);
  expect(await objectsOf(target)).toEqual(objectsOfCommit(repository, later));
});

test('work goes on in an exported base: it can be committed to and compared', async () => {
  const { repository, base } = withFuture();
  const target = await exported(repository.path, base);
  await git(target, ['commit', '--quiet', '--allow-empty', '-m', 'work']);
  expect(await git(target, ['rev-parse', 'HEAD^'])).toBe(base);
  expect(await git(target, ['log', '-1', '--format=%an <%ae>'])).toBe('agent <agent@localhost>');
});

test('the tree is the same to the bit: names, executable files, symbolic links, submodules', async () => {
  const names = [
    'a b.txt',
    'new\nline',
    "it's",
    'quote"d',
    'täb\tü ☃',
    '-dash',
    '*.ts',
    'deep/er/x',
    '.gitattributes',
  ];
  const repository = createRepository();
  repository.commit({
    message: 'odd names',
    files: { ...Object.fromEntries(names.map((name) => [name, `${name}\r\n`])), 'run.sh': '#!/bin/sh\n' },
  });
  chmodSync(join(repository.path, 'run.sh'), 0o755);
  symlinkSync('no where', join(repository.path, 'link'));
  repository.git('add', '--all');
  const sub = repository.git('rev-parse', 'HEAD');
  repository.git('update-index', '--add', '--cacheinfo', `160000,${sub},sub`);
  repository.git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '-m', 'base');
  const base = repository.git('rev-parse', 'HEAD');
  const later = repository.commit(LATER);
  const target = await exported(repository.path, base);
  const tree = (path: string) => git(path, ['ls-tree', '-r', '-z', base]);
  expect(await tree(target)).toBe(await tree(repository.path));
  expect(await git(target, ['status', '--porcelain'])).toBe('');
  await expect(git(target, ['cat-file', '-e', later])).rejects.toThrow();
  const listed = await listTree(await openRepository(target), base);
  expect(listed.map(({ path }) => path).sort()).toEqual([...names, 'run.sh'].sort());
  for (const name of names) expect(readFileSync(join(target, name), 'utf8')).toBe(`${name}\r\n`);
});

test('a bare source will do, and its packed future stays behind', async () => {
  const { repository, base, later } = withFuture();
  const bare = join(temporaryFolder(), 'bare.git');
  repository.git('clone', '--quiet', '--bare', repository.path, bare);
  await git(bare, ['gc', '--quiet']);
  await expectOnlyBase(await exported(bare, base), base, later, bare);
});

test('a shallow source will do', async () => {
  const { repository, base, later } = withFuture();
  const shallow = join(temporaryFolder(), 'shallow');
  repository.git('clone', '--quiet', '--depth=2', `file://${repository.path}`, shallow);
  expect((await openRepository(shallow)).shallow).toBe(true);
  await expectOnlyBase(await exported(shallow, base), base, later, shallow);
});

test('a linked worktree will do as a source', async () => {
  const { repository, base, later } = withFuture();
  const linked = join(temporaryFolder(), 'linked');
  repository.git('worktree', 'add', '--quiet', '--detach', linked, later);
  await expectOnlyBase(await exported(linked, base), base, later, linked);
});

test('a repository with sha256 ids is exported in its own format', async () => {
  const repository = createRepository();
  rmSync(join(repository.path, '.git'), { recursive: true });
  repository.git('init', '--quiet', '--initial-branch=main', '--object-format=sha256');
  const base = repository.commit({ message: 'base', files: { 'a.ts': 'a\n' } });
  const later = repository.commit(LATER);
  expect(base).toHaveLength(64);
  const target = await exported(repository.path, base);
  await expectOnlyBase(target, base, later, repository.path);
  expect(await git(target, ['rev-parse', '--show-object-format'])).toBe('sha256');
});

test('a commit that is not there is an error', async () => {
  const { repository } = withFuture();
  await expect(exported(repository.path, '1'.repeat(40))).rejects.toThrow(/git .*failed/);
});
