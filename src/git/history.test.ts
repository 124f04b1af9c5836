import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRepository, type TestRepository } from '../../test/support/repository.ts';
import { type Commit, type HistoryOptions, openRepository, readHistory } from './index.ts';

async function historyOf({ path }: TestRepository, options: HistoryOptions = {}): Promise<Commit[]> {
  return Array.fromAsync(readHistory(await openRepository(path), options));
}

async function newest(repository: TestRepository): Promise<Commit> {
  return (await historyOf(repository, { limit: 1 }))[0]!;
}

const statuses = ({ files }: Commit) => files.map(({ status, path }) => [status, path]);
const zeros = '0'.repeat(40);

/** A commit with exactly this message, which `git commit` would tidy. */
function commitVerbatim(repository: TestRepository, message: string): string {
  const head = repository.git('rev-parse', 'HEAD');
  const id = execFileSync('git', ['commit-tree', `${head}^{tree}`, '-p', head], {
    cwd: repository.path,
    input: message,
    encoding: 'utf8',
    env: {
      ...process.env,
      GIT_AUTHOR_NAME: 'A',
      GIT_AUTHOR_EMAIL: 'a@b',
      GIT_COMMITTER_NAME: 'A',
      GIT_COMMITTER_EMAIL: 'a@b',
    },
  }).trim();
  repository.git('update-ref', 'refs/heads/main', id);
  return id;
}

test('a commit is read with its people, time, message and files', async () => {
  const repository = createRepository([{ message: 'first', files: { 'a.ts': 'a' } }]);
  const id = repository.commit({
    message: 'Subject\n\nBody,\nmore.\n',
    author: 'Zoë [bot] <z@example.com>',
    files: { 'a.ts': 'b', 'b.ts': 'new' },
  });
  const [second, first] = await historyOf(repository);
  expect(second).toEqual({
    id,
    parents: [first!.id],
    authorName: 'Zoë [bot]',
    authorEmail: 'z@example.com',
    time: Date.UTC(2024, 0, 1, 0, 1) / 1000,
    message: 'Subject\n\nBody,\nmore.',
    files: [
      {
        status: 'M',
        path: 'a.ts',
        before: repository.git('rev-parse', 'HEAD^:a.ts'),
        after: repository.git('rev-parse', 'HEAD:a.ts'),
        special: false,
      },
      {
        status: 'A',
        path: 'b.ts',
        before: zeros,
        after: repository.git('rev-parse', 'HEAD:b.ts'),
        special: false,
      },
    ],
    fileCount: 2,
  });
  expect(first).toMatchObject({ parents: [], message: 'first', fileCount: 1 });
});

test('whatever a message says, it comes back as it is and the files beside it', async () => {
  const raw = `:100644 100644 ${zeros} ${zeros} M`;
  const odd = [
    'a\x1eb\x1f\x01',
    `${raw}\nsrc/fake.ts`,
    `x\n\n${raw}\tfake`,
    '☃ “quoted”\n\n\ttab',
    zeros,
    '-',
    '%H%x00',
  ];
  const repository = createRepository(odd.map((message, i) => ({ message, files: { 'a.ts': String(i) } })));
  const commits = (await historyOf(repository)).reverse();
  expect(commits.map(({ message }) => message)).toEqual(odd);
  for (const commit of commits) expect(commit.files.map(({ path }) => path)).toEqual(['a.ts']);
});

test('any messages in a row are told apart, with and without files', async () => {
  const message = fc.stringMatching(/^[\n :a\x1e0-9\t]{0,30}$/);
  const repository = createRepository([{ message: 'first', files: { a: 'a' } }]);
  const start = repository.git('rev-parse', 'HEAD');
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 4 }), async (messages) => {
      repository.git('update-ref', 'refs/heads/main', start);
      const ids = messages.map((text) => commitVerbatim(repository, text));
      const commits = (await historyOf(repository)).reverse();
      expect(commits.map(({ id }) => id)).toEqual([start, ...ids]);
      expect(commits.slice(1).map((commit) => commit.message)).toEqual(
        messages.map((text) => text.trimEnd()),
      );
      expect(commits.map(({ fileCount }) => fileCount)).toEqual([1, ...messages.map(() => 0)]);
    }),
    { numRuns: 8 },
  );
});

test('an empty message is an empty message', async () => {
  const repository = createRepository([{ message: 'first', files: { 'a.ts': 'a' } }]);
  repository.git(
    '-c',
    'user.name=a',
    '-c',
    'user.email=',
    'commit',
    '-q',
    '--allow-empty',
    '--allow-empty-message',
    '-m',
    '',
  );
  repository.commit({ message: 'last', files: { 'a.ts': 'b' } });
  const commits = await historyOf(repository);
  expect(commits.map(({ message, fileCount }) => [message, fileCount])).toEqual([
    ['last', 1],
    ['', 0],
    ['first', 1],
  ]);
});

test('paths come back as they are', async () => {
  const paths = [
    'new\nline.ts',
    'tab\there.ts',
    'a b.ts',
    ' ',
    '\nstart',
    ':100644 x',
    'quote".ts',
    'ü/☃.ts',
    '-n',
  ].sort();
  const repository = createRepository([
    { message: 'odd', files: Object.fromEntries(paths.map((path) => [path, path])) },
  ]);
  expect((await newest(repository)).files.map(({ path }) => path).sort()).toEqual(paths);
});

test('renames without a change, deletions and additions are told apart', async () => {
  const repository = createRepository([{ message: 'x', files: { 'old.ts': 'kept', 'gone.ts': 'gone' } }]);
  repository.commit({
    message: 'move',
    files: { 'old.ts': null, 'to\nhere.ts': 'kept', 'gone.ts': null, 'new.ts': 'different' },
  });
  const commit = await newest(repository);
  expect(commit.fileCount).toBe(3);
  expect(Object.fromEntries(commit.files.map(({ path, status, from }) => [path, { status, from }]))).toEqual({
    'to\nhere.ts': { status: 'R', from: 'old.ts' },
    'gone.ts': { status: 'D', from: undefined },
    'new.ts': { status: 'A', from: undefined },
  });
  expect(commit.files.find(({ status }) => status === 'D')!.after).toBe(zeros);
});

test('symbolic links and submodules are special, on either side', async () => {
  const repository = createRepository([{ message: 'x', files: { 'file.ts': 'text', 'plain.ts': 'p' } }]);
  rmSync(join(repository.path, 'file.ts'));
  symlinkSync('plain.ts', join(repository.path, 'file.ts'));
  repository.commit({ message: 'a file becomes a link', files: { 'plain.ts': 'q' } });
  let commit = await newest(repository);
  expect(statuses(commit)).toEqual([
    ['T', 'file.ts'],
    ['M', 'plain.ts'],
  ]);
  expect(commit.files.map(({ special }) => special)).toEqual([true, false]);

  repository.git('update-index', '--add', '--cacheinfo', `160000,${commit.id},sub`);
  repository.git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-q', '-m', 'sub');
  commit = await newest(repository);
  expect(commit.files).toMatchObject([{ status: 'A', path: 'sub', special: true }]);
});

test('a merge has its parents and no files', async () => {
  const repository = createRepository([{ message: 'base', files: { a: 'a' } }]);
  repository.git('checkout', '-q', '-b', 'side');
  const side = repository.commit({ message: 'side', files: { b: 'b' } });
  repository.git('checkout', '-q', 'main');
  const main = repository.commit({ message: 'main', files: { c: 'c' } });
  repository.git(
    '-c',
    'user.name=a',
    '-c',
    'user.email=a@b',
    'merge',
    '-q',
    '--no-ff',
    '-m',
    'merged',
    'side',
  );
  const commits = await historyOf(repository);
  expect(commits[0]).toMatchObject({ message: 'merged', parents: [main, side], files: [], fileCount: 0 });
  expect(commits).toHaveLength(4);
  expect((await historyOf(repository, { noMerges: true })).map(({ message }) => message)).not.toContain(
    'merged',
  );
});

test('a commit with more files than are kept still says how many there were', async () => {
  const files = Object.fromEntries(Array.from({ length: 203 }, (_, i) => [`f${i}.ts`, `${i}`]));
  const repository = createRepository([
    { message: 'many', files },
    { message: 'one', files: { 'f0.ts': 'x' } },
  ]);
  const counts = (commits: Commit[]) => commits.map((commit) => [commit.fileCount, commit.files.length]);
  expect(counts(await historyOf(repository))).toEqual([
    [1, 1],
    [203, 200],
  ]);
  expect(counts(await historyOf(repository, { maxFiles: 3 }))).toEqual([
    [1, 1],
    [203, 3],
  ]);
});

test('the history can be cut by number, date, start and choice', async () => {
  const repository = createRepository();
  const ids = ['0', '1', '2', '3'].map((n) => repository.commit({ message: n, files: { a: n } }));
  const messages = async (options: HistoryOptions) =>
    (await historyOf(repository, options)).map((c) => c.message);
  expect(await messages({})).toEqual(['3', '2', '1', '0']);
  expect(await messages({ limit: 2 })).toEqual(['3', '2']);
  expect(await messages({ limit: 0 })).toEqual([]);
  expect(await messages({ since: '2024-01-01T00:02:00Z' })).toEqual(['3', '2']);
  expect(await messages({ from: ids[1]! })).toEqual(['1', '0']);
  expect(await messages({ only: [ids[0]!, ids[2]!] })).toEqual(['0', '2']);
  expect(await messages({ only: [] })).toEqual([]);
});

test('the configuration of the repository does not change what is read', async () => {
  const repository = createRepository([{ message: 'erste', files: { 'ü.ts': 'a' } }]);
  repository.commit({ message: 'zweite ☃ ü', files: { 'ü.ts': null, 'ö.ts': 'a' } });
  const before = await historyOf(repository);
  const settings = {
    'i18n.logOutputEncoding': 'ISO-8859-1',
    'log.showRoot': 'false',
    'log.showSignature': 'true',
    'log.decorate': 'full',
    'diff.renames': 'copies',
    'diff.noprefix': 'true',
    'color.ui': 'always',
    'core.quotePath': 'true',
    'format.pretty': 'oneline',
  };
  for (const [name, value] of Object.entries(settings)) repository.git('config', name, value);
  expect(await historyOf(repository)).toEqual(before);
});

test('a start that looks like an option is none', async () => {
  const repository = createRepository([{ message: 'x', files: { a: 'a' } }]);
  const marker = join(repository.path, 'written');
  await expect(historyOf(repository, { from: `--output=${marker}` })).rejects.toThrow();
  expect(existsSync(marker)).toBe(false);
});

test('who has seen enough can stop, and nothing keeps running', async () => {
  const repository = createRepository([{ message: 'x', files: { a: 'a' } }]);
  for (let i = 0; i < 3; i++) commitVerbatim(repository, `${'long '.repeat(60_000)}${i}`);
  const children = () => process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length;
  for await (const commit of readHistory(await openRepository(repository.path))) {
    expect(commit.message).toMatch(/2$/);
    break;
  }
  await expect.poll(children).toBe(0);
});

test('an aborted reading ends with an error', async () => {
  const repository = createRepository([{ message: 'x', files: { a: 'a' } }]);
  await expect(historyOf(repository, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
});
