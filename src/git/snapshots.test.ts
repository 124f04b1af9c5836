import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createRepository } from '../../test/support/repository.ts';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { Snapshots } from './index.ts';

const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

async function open(root: string) {
  const snapshots = await Snapshots.open(root, join(temporaryFolder(), 'snapshots'), 'thread');
  const paths = async (tree: string) =>
    (await snapshots.changes(EMPTY_TREE, tree)).map(({ path }) => path).sort();
  /** Takes back what happened between two trees. */
  const undo = async (before: string, after: string, current = after) =>
    snapshots.revert(await snapshots.changes(before, after), current);
  return { snapshots, paths, undo };
}

/** Git looks closer at files as young as its index, and so would not show what an index hides. */
function writeOld(file: string, content: string | Buffer): void {
  writeFileSync(file, content);
  utimesSync(file, new Date('2020-01-01'), new Date('2020-01-01'));
}

const one = { message: 'one', files: { a: 'a\n', 'd/x': 'x\n' } };

/** A repository in a folder whose configuration and attributes would run a program that leaves `mark`. */
function hostileRepository(folder: string, mark: string): void {
  mkdirSync(folder, { recursive: true });
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@y.z', ...args], { cwd: folder });
  git('init', '--quiet');
  writeFileSync(join(folder, 'f'), 'x\n');
  writeFileSync(join(folder, '.gitattributes'), '* filter=e\n');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'x');
  git('config', 'filter.e.clean', `touch '${mark}'; cat`);
  git('config', 'core.fsmonitor', `touch '${mark}'; false`);
  writeFileSync(join(folder, 'f'), 'another\n');
}

test('a repository that appears in the folder runs nothing when snapshots are taken', async () => {
  const { path } = createRepository([one]);
  const mark = join(temporaryFolder(), 'mark');
  const { snapshots, paths } = await open(path);
  await snapshots.take();
  hostileRepository(join(path, 'sub'), mark);
  const trees = [await snapshots.take()];
  writeFileSync(join(path, 'sub', 'f'), 'a third one\n');
  trees.push(await snapshots.take());
  writeFileSync(join(path, 'a'), 'b\n');
  trees.push(await snapshots.take());
  expect(existsSync(mark)).toBe(false);
  for (const tree of trees) expect(await paths(tree)).toEqual(['a', 'd/x']);
});

test('a submodule that the index of the person knows runs nothing, and nor does the next who opens', async () => {
  const { path, git } = createRepository([one]);
  const mark = join(temporaryFolder(), 'mark');
  hostileRepository(join(path, 'sub'), mark);
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: join(path, 'sub'), encoding: 'utf8' });
  git('update-index', '--add', '--cacheinfo', `160000,${commit.trim()},sub`);
  rmSync(mark, { force: true });
  const storage = join(temporaryFolder(), 'snapshots');
  for (const name of ['first', 'first', 'second']) {
    const snapshots = await Snapshots.open(path, storage, name);
    await snapshots.take();
    writeFileSync(join(path, 'sub', 'f'), `${name} ${Math.random()}\n`);
    await snapshots.take();
  }
  expect(existsSync(mark)).toBe(false);
});

test('a filter that the repository configures for its own files does not run', async () => {
  const { path, git } = createRepository([
    { message: 'one', files: { a: 'a\n', '.gitattributes': '* filter=e\n' } },
  ]);
  const mark = join(temporaryFolder(), 'mark');
  git('config', 'filter.e.clean', `touch '${mark}'; cat`);
  git('config', 'filter.e.smudge', `touch '${mark}'; cat`);
  const { snapshots, undo } = await open(path);
  const before = await snapshots.take();
  writeFileSync(join(path, 'a'), 'another\n');
  await undo(before, await snapshots.take());
  expect(readFileSync(join(path, 'a'), 'utf8')).toBe('a\n');
  expect(existsSync(mark)).toBe(false);
});

test.each([
  ['text=auto', { '.gitattributes': '* text=auto\n' }, undefined],
  ['text=auto in a folder below', { 'sub/.gitattributes': '* text eol=crlf\n' }, undefined],
  ['an encoding', { '.gitattributes': '*.txt working-tree-encoding=UTF-16LE\n' }, undefined],
  ['autocrlf', {}, 'true'],
  ['autocrlf input', {}, 'input'],
] as const)('with %s, files come back byte for byte', async (_, files, autocrlf) => {
  const { path, git, commit } = createRepository();
  if (autocrlf) git('config', 'core.autocrlf', autocrlf);
  const names = ['a.txt', 'sub/b.txt'];
  const content = Buffer.from('one\r\ntwo\r\n', 'utf16le');
  const text = Buffer.from('one\r\ntwo\r\nthree\n');
  const wanted = '.gitattributes' in files && files['.gitattributes'].includes('UTF-16') ? content : text;
  mkdirSync(join(path, 'sub'));
  for (const name of names) writeOld(join(path, name), wanted);
  commit({ message: 'one', files });
  const { snapshots, undo } = await open(path);
  const before = await snapshots.take();
  for (const name of names) writeFileSync(join(path, name), 'short\n');
  const { restored, kept } = await undo(before, await snapshots.take());
  expect([restored.sort(), kept]).toEqual([names, []]);
  for (const name of names) expect(readFileSync(join(path, name)), name).toEqual(wanted);
});

test.each([
  ['the attributes of the repository', '.git/info/attributes', '* text=auto\n'],
  ['attributes that are not committed', '.gitattributes', '* text=auto\n'],
  ['a setting in other words', '.git/config', '[core]\n\tautocrlf = yes\n'],
] as const)('with %s, files come back byte for byte', async (_, file, content) => {
  const { path, git } = createRepository();
  if (file === '.gitattributes') writeFileSync(join(path, '.git/info/exclude'), '.gitattributes\n');
  writeFileSync(join(path, file), content, { flag: 'a' });
  const text = 'one\r\ntwo\r\n';
  writeOld(join(path, 'a'), text);
  git('add', 'a');
  const { snapshots, undo } = await open(path);
  const before = await snapshots.take();
  writeFileSync(join(path, 'a'), 'short\n');
  await undo(before, await snapshots.take());
  expect(readFileSync(join(path, 'a'), 'utf8')).toBe(text);
});

test('a change of the same size in the second in which the file was added is seen', async () => {
  const { path, git } = createRepository([one]);
  const file = join(path, 'a');
  const second = () => Math.floor(statSync(file).ctimeMs / 1000);
  for (let isSame = false; !isSame; ) {
    await sleep(1010 - (Date.now() % 1000));
    writeFileSync(file, 'one\n');
    const added = second();
    git('add', 'a');
    writeFileSync(file, 'two\n');
    isSame = second() === added;
  }
  // An index that were written now would be younger than the change.
  await sleep(1100);
  const { snapshots } = await open(path);
  const found = await snapshots.changes(EMPTY_TREE, await snapshots.take());
  const blob = found.find((change) => change.path === 'a')!.after!.blob;
  expect((await snapshots.content(blob)).toString()).toBe('two\n');
});

test('names of every kind are kept, shown and brought back', async () => {
  const names = [
    ' a b ',
    '"quoted"',
    '#hash',
    '!not',
    '*',
    '-dash',
    '--force',
    ':(top)magic',
    'a\\b',
    'näme',
    'new\nline',
    'tab\tbed',
    '-d/- x\n/y',
  ].sort();
  const { path } = createRepository([one]);
  const { snapshots, undo } = await open(path);
  const empty = await snapshots.take();
  mkdirSync(join(path, '-d/- x\n'), { recursive: true });
  for (const name of names) writeFileSync(join(path, name), `${name} before`);
  const before = await snapshots.take();
  expect((await snapshots.changes(empty, before)).map((change) => change.path).sort()).toEqual(names);
  for (const name of names) writeFileSync(join(path, name), 'after');
  const after = await snapshots.take();
  const { restored, kept } = await undo(before, after);
  expect([restored.sort(), kept]).toEqual([names, []]);
  for (const name of names) expect(readFileSync(join(path, name), 'utf8')).toBe(`${name} before`);
  await undo(empty, before);
  expect(existsSync(join(path, '-d'))).toBe(false);
  expect(await snapshots.take()).toBe(empty);
});

test('links come back as links and the right to execute comes back', async () => {
  const { path } = createRepository([one]);
  symlinkSync('nowhere at all', join(path, 'link'));
  writeFileSync(join(path, 'run'), '#!/bin/sh\n', { mode: 0o755 });
  const { snapshots, undo } = await open(path);
  const before = await snapshots.take();
  rmSync(join(path, 'link'));
  writeFileSync(join(path, 'link'), 'a file now');
  chmodSync(join(path, 'run'), 0o644);
  rmSync(join(path, 'a'));
  symlinkSync('d', join(path, 'a'));
  const { kept } = await undo(before, await snapshots.take());
  expect(kept).toEqual([]);
  expect(readlinkSync(join(path, 'link'))).toBe('nowhere at all');
  expect(statSync(join(path, 'run')).mode & 0o111).toBe(0o111);
  expect(lstatSync(join(path, 'a')).isFile()).toBe(true);
  expect(await snapshots.take()).toBe(before);
});

test('a file that only its owner may read comes back as one', async () => {
  const { path } = createRepository([one]);
  writeFileSync(join(path, 'secret'), 'x', { mode: 0o600 });
  const { snapshots, undo } = await open(path);
  const before = await snapshots.take();
  writeFileSync(join(path, 'secret'), 'another');
  await undo(before, await snapshots.take());
  expect(statSync(join(path, 'secret')).mode & 0o777).toBe(0o600);
});

test('a file that became a folder and a folder that became a file are taken back', async () => {
  const { path } = createRepository([one]);
  const { snapshots, undo } = await open(path);
  const before = await snapshots.take();
  rmSync(join(path, 'a'));
  mkdirSync(join(path, 'a/b'), { recursive: true });
  writeFileSync(join(path, 'a/b/c'), 'c');
  rmSync(join(path, 'd'), { recursive: true });
  writeFileSync(join(path, 'd'), 'd');
  const { kept } = await undo(before, await snapshots.take());
  expect(kept).toEqual([]);
  expect(readFileSync(join(path, 'a'), 'utf8')).toBe('a\n');
  expect(readFileSync(join(path, 'd/x'), 'utf8')).toBe('x\n');
});

test('an ignored file is in no snapshot until it is named', async () => {
  const { path } = createRepository([{ message: 'one', files: { '.gitignore': '.env\n' } }]);
  writeFileSync(join(path, '.env'), 'precious\n');
  const { snapshots, paths, undo } = await open(path);
  expect(await paths(await snapshots.take())).toEqual(['.gitignore']);
  snapshots.name(join(path, '.env'));
  snapshots.name('../outside');
  snapshots.name('not there yet');
  const before = await snapshots.take();
  writeFileSync(join(path, '.env'), 'gone\n');
  expect(await undo(before, await snapshots.take())).toEqual({ restored: ['.env'], kept: [] });
  expect(readFileSync(join(path, '.env'), 'utf8')).toBe('precious\n');
});

test('an ignored file that was named is kept whatever becomes of others', async () => {
  const { path } = createRepository([{ message: 'one', files: { '.gitignore': '.env\n', f: 'f' } }]);
  writeFileSync(join(path, '.env'), 'precious\n');
  const { snapshots, paths } = await open(path);
  for (const name of ['f', 'g/x']) snapshots.name(name);
  await snapshots.take();
  rmSync(join(path, 'f'));
  mkdirSync(join(path, 'f'));
  writeFileSync(join(path, 'f', 'inside'), '');
  symlinkSync('f', join(path, 'g'));
  snapshots.name('.env');
  expect(await paths(await snapshots.take())).toEqual(['.env', '.gitignore', 'f/inside', 'g']);
});

test('what was changed since is left alone, with the reason', async () => {
  const { path } = createRepository([{ message: 'one', files: { a: 'a', b: 'b', c: 'c' } }]);
  const { snapshots, undo } = await open(path);
  const before = await snapshots.take();
  for (const name of ['a', 'b', 'c']) writeFileSync(join(path, name), 'by the agent');
  const after = await snapshots.take();
  writeFileSync(join(path, 'a'), 'by the person');
  rmSync(join(path, 'b'));
  const { restored, kept } = await undo(before, after, await snapshots.take());
  expect(restored).toEqual(['c']);
  expect(kept).toEqual([
    { path: 'a', reason: 'it was changed since' },
    { path: 'b', reason: 'it was deleted since' },
  ]);
  expect(readFileSync(join(path, 'a'), 'utf8')).toBe('by the person');
  expect(existsSync(join(path, 'b'))).toBe(false);
});

test('through a folder that became a link, nothing outside is written, made or removed', async () => {
  const { path } = createRepository([{ message: 'one', files: { 'd/x': 'x', 'd/e/y': 'y' } }]);
  const outside = temporaryFolder();
  const { snapshots } = await open(path);
  const before = await snapshots.take();
  rmSync(join(path, 'd'), { recursive: true });
  const without = await snapshots.take();
  const changes = await snapshots.changes(before, without);
  symlinkSync(outside, join(path, 'd'));
  const { restored, kept } = await snapshots.revert(changes, await snapshots.take());
  expect(restored).toEqual([]);
  expect(kept.map((one) => one.path)).toEqual(['d/e/y', 'd/x']);
  expect(readdirSync(outside)).toEqual([]);
});

test('nothing is written through a link to another folder of the workspace, such as .git', async () => {
  const { path } = createRepository([{ message: 'one', files: { a: 'a', 'd/config': 'hostile' } }]);
  const { snapshots, undo } = await open(path);
  const config = readFileSync(join(path, '.git/config'), 'utf8');
  const before = await snapshots.take();
  rmSync(join(path, 'd'), { recursive: true });
  const after = await snapshots.take();
  symlinkSync('.git', join(path, 'd'));
  const { restored } = await undo(before, after, await snapshots.take());
  expect(readFileSync(join(path, '.git/config'), 'utf8')).toBe(config);
  expect(restored).toEqual([]);
});

test('a file outside is not removed through a folder that became a link', async () => {
  const { path } = createRepository([one]);
  const outside = temporaryFolder();
  writeFileSync(join(outside, 'new'), 'new');
  const { snapshots, undo } = await open(path);
  const before = await snapshots.take();
  writeFileSync(join(path, 'd/new'), 'new');
  const after = await snapshots.take();
  renameSync(join(path, 'd'), join(path, 'moved'));
  symlinkSync(outside, join(path, 'd'));
  expect((await undo(before, after)).restored).toEqual([]);
  expect(readdirSync(outside)).toEqual(['new']);
});

test('untracked files that are large are left out, and no others', async () => {
  const { path } = createRepository([one]);
  const large = (name: string) => {
    writeFileSync(join(path, name), '');
    truncateSync(join(path, name), 32 * 1024 * 1024 + 1);
  };
  for (const name of ['[large] *!', '#large ', 'd/large']) large(name);
  writeFileSync(join(path, 'larg'), '');
  const { snapshots, paths } = await open(path);
  expect(await paths(await snapshots.take())).toEqual(['a', 'd/x', 'larg']);
});

test('the name of a large file is no pattern for others', async () => {
  const { path } = createRepository([one]);
  writeFileSync(join(path, 'large\nnew'), '');
  truncateSync(join(path, 'large\nnew'), 32 * 1024 * 1024 + 1);
  const { snapshots, paths } = await open(path);
  mkdirSync(join(path, 'new'));
  writeFileSync(join(path, 'new', 'file'), '');
  expect(await paths(await snapshots.take())).toEqual(['a', 'd/x', 'new/file']);
});

test('the index, the stash and the objects of the person are not touched', async () => {
  const { path, git } = createRepository([one]);
  git('config', 'user.name', 'Ada Test');
  git('config', 'user.email', 'ada@example.com');
  writeFileSync(join(path, 'a'), 'stashed\n');
  git('stash', 'push', '--quiet');
  writeFileSync(join(path, 'a'), 'staged\n');
  git('add', 'a');
  writeFileSync(join(path, 'a'), 'neither\n');
  writeFileSync(join(path, 'untracked'), '');
  const state = () => [
    readFileSync(join(path, '.git', 'index')).toString('base64'),
    git('stash', 'list'),
    git('for-each-ref'),
    git('count-objects', '-v'),
    git('--no-optional-locks', 'status', '--porcelain'),
    readdirSync(join(path, '.git')).sort(),
  ];
  const was = state();
  const { snapshots, undo } = await open(path);
  const before = await snapshots.take();
  writeFileSync(join(path, 'a'), 'by the agent\n');
  rmSync(join(path, 'untracked'));
  await undo(before, await snapshots.take());
  expect(state()).toEqual(was);
});

test('a folder without a repository will do, and heaps are left out there', async () => {
  const root = temporaryFolder();
  writeFileSync(join(root, 'a'), 'a');
  mkdirSync(join(root, 'node_modules'));
  writeFileSync(join(root, 'node_modules/x'), '');
  const { snapshots, paths, undo } = await open(root);
  const before = await snapshots.take();
  expect(await paths(before)).toEqual(['a']);
  rmSync(join(root, 'a'));
  expect((await undo(before, await snapshots.take())).restored).toEqual(['a']);
  expect(readdirSync(root)).toEqual(['a', 'node_modules']);
});
