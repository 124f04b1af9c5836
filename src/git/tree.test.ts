import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRepository, type TestRepository } from '../../test/support/repository.ts';
import { listTree, openRepository, readBlobs } from './index.ts';

async function contents({ path }: TestRepository, blobs: readonly string[]): Promise<(Buffer | undefined)[]> {
  const read = await Array.fromAsync(readBlobs(await openRepository(path), blobs));
  expect(read.map(({ blob }) => blob)).toEqual(blobs);
  return read.map(({ content }) => content);
}

async function blobOf(repository: TestRepository, path: string): Promise<string> {
  const files = await listTree(await openRepository(repository.path), 'HEAD');
  return files.find((file) => file.path === path)!.blob;
}

test('the tree lists regular files with their sizes, and leaves out links and submodules', async () => {
  const repository = createRepository([
    { message: 'x', files: { 'a b\n.ts': 'four', 'sub dir/é\t.ts': '', 'run.sh': '#!' } },
  ]);
  chmodSync(join(repository.path, 'run.sh'), 0o755);
  symlinkSync('run.sh', join(repository.path, 'link.sh'));
  repository.git('add', '--all');
  repository.git(
    'update-index',
    '--add',
    '--cacheinfo',
    `160000,${repository.git('rev-parse', 'HEAD')},module`,
  );
  repository.git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-q', '-m', 'special');
  const files = await listTree(await openRepository(repository.path), 'HEAD');
  expect(files.map(({ path, size, executable }) => [path, size, executable])).toEqual([
    ['a b\n.ts', 4, false],
    ['run.sh', 2, true],
    ['sub dir/é\t.ts', 0, false],
  ]);
});

test('a name that is not UTF-8 is left out', async () => {
  const repository = createRepository([{ message: 'x', files: { 'a.ts': 'a' } }]);
  const bytes = Buffer.concat([Buffer.from(join(repository.path, 'bad')), Buffer.from([0xff, 0xfe])]);
  writeFileSync(bytes, 'text');
  const commit = repository.commit({ message: 'bad name' });
  const files = await listTree(await openRepository(repository.path), commit);
  expect(files.map(({ path }) => path)).toEqual(['a.ts']);
});

test('a tree without files is an empty list', async () => {
  const repository = createRepository([{ message: 'nothing' }]);
  expect(await listTree(await openRepository(repository.path), 'HEAD')).toEqual([]);
  expect(await contents(repository, [])).toEqual([]);
});

test('blobs come in the order asked for: text, empty, binary, missing, large, twice', async () => {
  const large = Buffer.alloc(5_000_000, 'a line of text\n');
  const binary = Buffer.from([0, 10, 255, 0, 10, 10]);
  const repository = createRepository([
    { message: 'x', files: { text: 'text\n', empty: '', binary, large, missing: 'deadbeef missing\n' } },
  ]);
  const [text, empty, bin, big, says] = await Promise.all(
    ['text', 'empty', 'binary', 'large', 'missing'].map((path) => blobOf(repository, path)),
  );
  const asked = [big!, empty!, '0123456789'.repeat(4), bin!, text!, says!, empty!, big!];
  const [a, b, missing, c, d, e, f, g] = await contents(repository, asked);
  expect(a!.equals(large) && g!.equals(large)).toBe(true);
  expect([b!.length, f!.length]).toEqual([0, 0]);
  expect(missing).toBeUndefined();
  expect(c).toEqual(binary);
  expect(d!.toString()).toBe('text\n');
  expect(e!.toString()).toBe('deadbeef missing\n');
});

test('whatever the contents are, they come back to the byte', async () => {
  const content = fc.uint8Array({ maxLength: 200_000, size: 'max' });
  await fc.assert(
    fc.asyncProperty(fc.array(content, { minLength: 1, maxLength: 6 }), async (given) => {
      const files = Object.fromEntries(given.map((bytes, i) => [`f${i}`, Buffer.from(bytes)]));
      const repository = createRepository([{ message: 'x', files }]);
      const tree = await listTree(await openRepository(repository.path), 'HEAD');
      const read = await contents(
        repository,
        tree.map(({ blob }) => blob),
      );
      expect(read.map((bytes) => bytes!.toString('hex'))).toEqual(
        given.map((bytes) => Buffer.from(bytes).toString('hex')),
      );
      expect(tree.map(({ size }) => size)).toEqual(given.map(({ length }) => length));
    }),
    { numRuns: 4 },
  );
});

test('hundreds of blobs are read with one question', async () => {
  const files = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`f${i}`, `content ${i}\n`]));
  const repository = createRepository([{ message: 'many', files }]);
  const tree = await listTree(await openRepository(repository.path), 'HEAD');
  const read = await contents(
    repository,
    tree.map(({ blob }) => blob),
  );
  expect(read.map((bytes) => bytes!.toString())).toEqual(tree.map(({ path }) => files[path]));
});

test('who has seen enough can stop, and nothing keeps running', async () => {
  const repository = createRepository([{ message: 'x', files: { a: 'a', big: Buffer.alloc(3_000_000, 1) } }]);
  const blobs = [await blobOf(repository, 'a'), await blobOf(repository, 'big')];
  const children = () => process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length;
  for await (const { content } of readBlobs(await openRepository(repository.path), blobs)) {
    expect(content!.toString()).toBe('a');
    break;
  }
  await expect.poll(children).toBe(0);
});
