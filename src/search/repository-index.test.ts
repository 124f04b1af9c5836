import { expect, test } from 'vitest';
import { createRepository, type TestRepository } from '../../test/support/repository.ts';
import { listTree, openRepository } from '../git/index.ts';
import { ContentIndex } from './content-index.ts';
import { RepositoryIndex } from './repository-index.ts';

const FILES = {
  'src/http/headers.ts': 'export function parseHeaders(text: string) {\n  return text.split("\\r\\n");\n}\n',
  'src/http/server.ts': 'import { listen } from "./socket.ts";\nexport class Server {\n  listen() {}\n}\n',
  'src/store/cache.ts': 'export class Cache {\n  evict() { this.expired.clear(); }\n}\n',
  'src/store/disk.ts': 'export class Disk {\n  write() {}\n}\n',
  'README.md': 'A server with a cache.\n',
};

async function indexOf({ path }: TestRepository): Promise<RepositoryIndex> {
  return new RepositoryIndex(await openRepository(path));
}

test.each([
  ['header lines are parsed with a wrong separator', 'src/http/headers.ts'],
  ['expired entries are never evicted', 'src/store/cache.ts'],
  ['disk: write twice', 'src/store/disk.ts'],
])('%j is about %s', async (question, path) => {
  const repository = createRepository();
  const commit = repository.commit({ message: 'all', files: FILES });
  const found = await (await indexOf(repository)).find(question, commit);
  expect(found.files[0]!.path).toBe(path);
  expect(found.named).toBeGreaterThanOrEqual(1);
});

test('files come best first, as many as asked, and only those that are accepted', async () => {
  const repository = createRepository();
  const commit = repository.commit({ message: 'all', files: FILES });
  const index = await indexOf(repository);
  const { files } = await index.find('the cache of the server', commit, { limit: 2 });
  expect(files).toHaveLength(2);
  expect(files[0]!.score).toBeGreaterThanOrEqual(files[1]!.score);
  const accepted = await index.find('the cache of the server', commit, {
    accept: (path) => path.endsWith('.md'),
  });
  expect(accepted.files.map(({ path }) => path)).toEqual(['README.md']);
});

test('the lines of found files are those that matter', async () => {
  const repository = createRepository();
  const commit = repository.commit({ message: 'all', files: FILES });
  const index = await indexOf(repository);
  const { files } = await index.find('parse headers', commit, { limit: 1 });
  expect(await index.lines('parse headers', commit, files)).toEqual([
    [{ line: 1, text: 'export function parseHeaders(text: string) {' }],
  ]);
});

test('the future is never used: not by what it says, nor when it was asked before', async () => {
  const question = 'expired entries of the quota are never evicted';
  const repository = createRepository();
  repository.commit({ message: 'all of it', files: FILES });
  repository.commit({ message: 'write entries to disk', files: { 'src/store/disk.ts': 'write entries' } });
  const base = repository.commit({ message: 'listen to entries', files: { 'src/http/server.ts': 'listen' } });
  const ask = async (index: RepositoryIndex, commit: string) => {
    const { signals } = await index.signals(question, commit);
    return { found: await index.find(question, commit), signals };
  };
  const index = await indexOf(repository);
  const before = await ask(index, base);

  const later = repository.commit({
    message: question,
    files: { 'src/http/headers.ts': question, 'src/quota.ts': `// ${question}\n`, 'src/store/disk.ts': null },
  });
  repository.commit({
    message: `${question} again`,
    files: { 'src/http/headers.ts': 'evict expired quota' },
  });
  expect((await index.find(question, later)).files[0]!.path).toBe('src/quota.ts');
  expect(await ask(index, base)).toEqual(before);

  const laterFirst = await indexOf(repository);
  await laterFirst.find(question, later);
  expect(await ask(laterFirst, base)).toEqual(before);
  expect(await ask(await indexOf(repository), base)).toEqual(before);
});

test('what a commit shares with those before is not indexed again', async () => {
  const repository = createRepository();
  const first = repository.commit({ message: 'all', files: FILES });
  const second = repository.commit({
    message: 'one',
    files: { 'src/store/disk.ts': 'changed', 'copy.ts': 'changed' },
  });
  const opened = await openRepository(repository.path);
  const index = new ContentIndex(opened);
  await index.add(await listTree(opened, first));
  expect(index.content.size).toBe(5);
  await index.add(await listTree(opened, second));
  expect(index.content.size).toBe(6);
  await index.add(await listTree(opened, first));
  expect(index.content.size).toBe(6);
});

test('earlier commits about the same lead to the files they changed', async () => {
  const repository = createRepository([{ message: 'all', files: FILES }]);
  repository.commit({ message: 'respect the frobnication level', files: { 'src/store/disk.ts': 'x' } });
  repository.commit({ message: 'move', files: { 'src/store/disk.ts': null, 'src/store/drive.ts': 'x' } });
  const commit = repository.commit({ message: 'something', files: { 'src/http/server.ts': 'y' } });
  const { files } = await (await indexOf(repository)).find('frobnication level is lost', commit);
  expect(files[0]!.path).toBe('src/store/drive.ts');
});

test('binary, huge, empty and broken files, links and submodules do no harm', async () => {
  const repository = createRepository();
  const commit = repository.commit({
    message: 'odd',
    files: {
      ...FILES,
      'binary.ts': Buffer.from([0, 1, 2, 255, 0]),
      'huge.ts': `evict expired ${'evict '.repeat(100_000)}`,
      'line.ts': 'a*b&c,'.repeat(60_000),
      'latin1.ts': Buffer.from('// gr\xf6\xdfe expired evict\n', 'latin1'),
      'empty.ts': '',
      'logo.png': 'evict expired entries',
      'odd\nname [x].ts': 'evict',
    },
  });
  repository.git('update-index', '--add', '--cacheinfo', `160000,${commit},sub`);
  repository.git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-q', '-m', 'sub');
  const { files } = await (await indexOf(repository)).find('expired entries are evicted', 'HEAD');
  const paths = files.map(({ path }) => path);
  expect(paths).toEqual(expect.arrayContaining(['src/store/cache.ts', 'latin1.ts', 'odd\nname [x].ts']));
  for (const path of ['huge.ts', 'logo.png', 'empty.ts', 'sub']) expect(paths).not.toContain(path);
});

test('a tree without files, and a question without words, find nothing that stands out', async () => {
  const repository = createRepository();
  const empty = repository.commit({ message: 'nothing here' });
  const full = repository.commit({ message: 'all', files: FILES });
  const index = await indexOf(repository);
  expect(await index.find('cache', empty)).toEqual({ files: [], named: 0 });
  const { files } = await index.find('', full);
  for (const { score } of files) expect(Number.isFinite(score)).toBe(true);
});

test('a shallow clone can be asked', async () => {
  const repository = createRepository([{ message: 'all', files: FILES }]);
  repository.commit({ message: 'more', files: { 'a.ts': 'a' } });
  const shallow = createRepository();
  shallow.git('fetch', '--quiet', '--depth=1', `file://${repository.path}`, 'main');
  shallow.git('update-ref', 'HEAD', 'FETCH_HEAD');
  const { files } = await (await indexOf(shallow)).find('expired entries evicted', 'HEAD');
  expect(files[0]!.path).toBe('src/store/cache.ts');
});

test('asked from many sides at once, it says what it says when it is asked in turn', async () => {
  const repository = createRepository();
  const names = ['lexer', 'parser', 'printer', 'cache', 'router', 'queue'];
  repository.commit({
    message: 'all',
    files: Object.fromEntries(names.map((name) => [`${name}.ts`, `${name} 0`])),
  });
  const commits = names.map((name, version) =>
    repository.commit({
      message: `the ${name} is slow`,
      files: { [`${name}.ts`]: `${name} ${name} ${version}` },
    }),
  );
  const ask = (index: RepositoryIndex, at: number) =>
    index.find(`why is the ${names[at]} slow?`, commits[at]!);
  const inTurn = [];
  const first = await indexOf(repository);
  for (const at of commits.keys()) inTurn.push(await ask(first, at));
  const second = await indexOf(repository);
  expect(await Promise.all([...commits.keys()].map((at) => ask(second, at)))).toEqual(inTurn);
});
