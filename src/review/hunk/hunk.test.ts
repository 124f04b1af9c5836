import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRepository } from '../../../test/support/repository.ts';
import { temporaryFolder } from '../../../test/support/temporary.ts';
import { SqliteThreadStore } from '../../thread/index.ts';
import { changeOf } from '../change.ts';
import { attribute } from './attribute.ts';
import { acceptHunk, decisionsOf, rejectHunk, reopenHunk } from './decide.ts';

async function storeWithThread(): Promise<SqliteThreadStore> {
  const store = new SqliteThreadStore(join(temporaryFolder(), 'kino.db'));
  const process = { kino: '0', host: 'here', pid: 1 };
  await store.append('t', [{ type: 'thread.started', kind: 'session', title: 'x', ...process }]);
  return store;
}

async function hunks(root: string, base = 'HEAD') {
  const { files } = await changeOf(root, base);
  return files.flatMap((file) => file.hunks.map((hunk) => ({ file, hunk: hunk.id })));
}

const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => `line ${from + at}`).join('\n');

test('in whatever order hunks are taken out, the file is what it was; put back, what it became', async () => {
  const store = await storeWithThread();
  const base = fc.array(fc.constantFrom<string>('a', 'b', 'c', '', 'a\r'), { minLength: 30, maxLength: 60 });
  const edits = fc.array(fc.tuple(fc.nat(59), fc.constantFrom('x', '', 'a', undefined)), {
    minLength: 1,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(
      base,
      edits,
      fc.boolean(),
      fc.infiniteStream(fc.nat()),
      async (before, changes, ends, choices) => {
        const after = [...before];
        for (const [at, text] of changes)
          after.splice(at % after.length, 1, ...(text === undefined ? [] : [text]));
        const [was, is] = [`${before.join('\n')}\n`, `${after.join('\n')}${ends ? '\n' : ''}`];
        const { path: root } = createRepository([{ message: 'first', files: { 'f.txt': was } }]);
        const base = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
        writeFileSync(join(root, 'f.txt'), is);
        const taken: string[] = [];
        for (;;) {
          const left = await hunks(root, base);
          if (left.length === 0) break;
          const one = left[choices.next().value! % left.length]!;
          await rejectHunk({ store, thread: 't', root, base, ...one });
          taken.push(one.hunk);
        }
        expect(readFileSync(join(root, 'f.txt'), 'utf8')).toBe(was);
        for (const hunk of taken.reverse()) await reopenHunk(store, 't', root, hunk);
        expect(readFileSync(join(root, 'f.txt'), 'utf8')).toBe(is);
      },
    ),
    { numRuns: 8 },
  );
});

test('bytes that are no UTF-8, names with blanks and quotes, new, deleted and moved files', async () => {
  const store = await storeWithThread();
  const { path: root } = createRepository([
    { message: 'first', files: { 'gone.txt': 'one\ntwo\n', 'old name.txt': lines(0, 20), 'b.txt': 'x\n' } },
  ]);
  execFileSync('git', ['add', '.'], { cwd: root });
  const base = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  const at = (name: string) => join(root, name);
  rmSync(at('gone.txt'));
  renameSync(at('old name.txt'), at('new "name".txt'));
  writeFileSync(at('new "name".txt'), `first\n${lines(0, 20)}`);
  execFileSync('git', ['add', '-A'], { cwd: root });
  writeFileSync(at('b.txt'), Buffer.from([0xff, 0x61, 0x0a, 0x78, 0x0a]));
  mkdirSync(at('a folder'));
  writeFileSync(at('a folder/ü.txt'), 'new\n');
  const left = await hunks(root, base);
  expect(left.map(({ file }) => file.path).sort()).toEqual([
    'a folder/ü.txt',
    'b.txt',
    'gone.txt',
    'new "name".txt',
  ]);
  for (const one of left) await rejectHunk({ store, thread: 't', root, base, ...one });
  expect(readFileSync(at('gone.txt'), 'utf8')).toBe('one\ntwo\n');
  expect(readFileSync(at('new "name".txt'), 'utf8')).toBe(lines(0, 20));
  expect(readFileSync(at('b.txt'), 'utf8')).toBe('x\n');
  expect(existsSync(at('a folder/ü.txt'))).toBe(false);
  for (const { hunk } of left) await reopenHunk(store, 't', root, hunk);
  expect([...readFileSync(at('b.txt'))]).toEqual([0xff, 0x61, 0x0a, 0x78, 0x0a]);
  expect(readFileSync(at('a folder/ü.txt'), 'utf8')).toBe('new\n');
  expect(existsSync(at('gone.txt'))).toBe(false);
});

test('what has changed since it was shown is neither accepted nor taken out, and nothing is lost', async () => {
  const store = await storeWithThread();
  const { path: root } = createRepository([{ message: 'first', files: { 'a.txt': lines(0, 9) } }]);
  writeFileSync(join(root, 'a.txt'), `x\n${lines(0, 9)}`);
  const [one] = await hunks(root);
  const about = { store, thread: 't', root, base: 'HEAD', ...one! };
  await acceptHunk(about);
  expect(decisionsOf(await store.read('t')).accepted).toContain(one!.hunk);
  writeFileSync(join(root, 'a.txt'), `y\n${lines(0, 9)}`);
  await expect(rejectHunk(about)).rejects.toThrow('a.txt has changed since it was shown; look at it again.');
  await expect(acceptHunk(about)).rejects.toThrow('look at it again');
  await reopenHunk(store, 't', root, one!.hunk);
  expect(decisionsOf(await store.read('t')).accepted.size).toBe(0);
  await expect(reopenHunk(store, 't', root, one!.hunk)).rejects.toThrow('Nothing was decided');
  const [now] = await hunks(root);
  await rejectHunk({ ...about, ...now! });
  writeFileSync(join(root, 'a.txt'), 'something else\n');
  await expect(reopenHunk(store, 't', root, now!.hunk)).rejects.toThrow(/do not allow it any more/);
  expect(readFileSync(join(root, 'a.txt'), 'utf8')).toBe('something else\n');
});

test('the same decision twice at once: one is made, and what was taken out can be put back', async () => {
  const store = await storeWithThread();
  const { path: root } = createRepository([{ message: 'first', files: { 'a.txt': lines(0, 9) } }]);
  const changed = `x\n${lines(0, 9)}`;
  writeFileSync(join(root, 'a.txt'), changed);
  const [one] = await hunks(root);
  const about = { store, thread: 't', root, base: 'HEAD', ...one! };
  const results = await Promise.allSettled([rejectHunk(about), rejectHunk(about), rejectHunk(about)]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  expect(decisionsOf(await store.read('t')).rejected).toHaveLength(1);
  await reopenHunk(store, 't', root, one!.hunk);
  expect(readFileSync(join(root, 'a.txt'), 'utf8')).toBe(changed);
});

test('nothing is written through a link, and no program that a repository names is run', async () => {
  const store = await storeWithThread();
  const outside = temporaryFolder();
  const { path: root } = createRepository([
    { message: 'first', files: { 'd/a.txt': 'a\n', 'c.txt': 'c\n', '.gitattributes': '* filter=evil\n' } },
  ]);
  execFileSync('git', ['config', 'filter.evil.smudge', `touch ${outside}/run; cat`], { cwd: root });
  writeFileSync(join(root, 'c.txt'), 'changed\n');
  const [one] = await hunks(root);
  await rejectHunk({ store, thread: 't', root, base: 'HEAD', ...one! });
  expect(readFileSync(join(root, 'c.txt'), 'utf8')).toBe('c\n');
  expect(existsSync(join(outside, 'run'))).toBe(false);
  rmSync(join(root, 'd'), { recursive: true });
  symlinkSync(outside, join(root, 'd'));
  for (const gone of (await hunks(root)).filter(({ file }) => file.path === 'd/a.txt'))
    await expect(rejectHunk({ store, thread: 't', root, base: 'HEAD', ...gone })).rejects.toThrow(
      /do not allow/,
    );
  expect(existsSync(join(outside, 'a.txt'))).toBe(false);
});

test('lines are whose they are through every rewrite; what is changed in between is nobody’s', () => {
  const { added, removed } = attribute(
    ['a', 'b', 'c'],
    [
      { by: 1, before: ['a', 'b', 'c'], after: ['a', 'x', 'c'] },
      { by: 2, before: ['a', 'x', 'mine', 'c'], after: ['a', 'x', 'mine', 'y'] },
    ],
    ['a', 'x', 'mine', 'y', 'late'],
  );
  expect(added).toEqual([undefined, 1, undefined, 2, undefined]);
  expect([...removed]).toEqual([
    [1, 1],
    [2, 2],
  ]);
});

test('every line of a text that rewrites made is somebody’s', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 });
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (versions) => {
      const rewrites = versions.map((after, at) => ({ by: at + 1, before: versions[at - 1] ?? [], after }));
      const now = versions.at(-1)!;
      expect(attribute([], rewrites, now).added).toHaveLength(now.length);
      expect(attribute([], rewrites, now).added.every((by) => by !== undefined)).toBe(true);
    }),
  );
});
