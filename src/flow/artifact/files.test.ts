import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/support/temporary.ts';
import { dropFile, keepAsFile, tickFile } from './files.ts';

const plan = { artifact: 'plan', text: 'pwned', mediaType: 'text/markdown' } as const;

test.each([
  ['.kino', (outside: string) => outside],
  ['.kino/artifacts', (outside: string) => outside],
  ['.kino/artifacts', () => '../.git'],
  ['.kino/artifacts/group', (outside: string) => outside],
  ['.kino/artifacts/group/plan.md', (outside: string) => join(outside, 'new')],
  ['.kino/artifacts/group/plan.md', () => '../../../.git/config'],
])('where %s is a link an artifact is not kept, nor taken away', async (link, to) => {
  const root = temporaryFolder();
  const outside = temporaryFolder();
  mkdirSync(join(root, '.git'));
  writeFileSync(join(root, '.git', 'config'), 'pwned\n');
  mkdirSync(join(root, link, '..'), { recursive: true });
  symlinkSync(to(outside), join(root, link));
  await keepAsFile(root, 'group', plan);
  expect(readdirSync(outside)).toEqual([]);
  expect(readdirSync(join(root, '.git'))).toEqual(['config']);
  await dropFile(root, 'group', [plan], new Map());
  expect(readFileSync(join(root, '.git', 'config'), 'utf8')).toBe('pwned\n');
});

test('what is done is ticked in the file, and what somebody made of it stays', async () => {
  const root = temporaryFolder();
  const list = { ...plan, text: '- [ ] add a test\n- [ ] say so\n' };
  const done = (text: string) => [{ text, status: 'done' as const }];
  const path = join(root, (await keepAsFile(root, 'group', list))!);
  await tickFile(root, 'group', [list], new Map(), done('Add a test'));
  expect(readFileSync(path, 'utf8')).toBe('- [x] add a test\n- [ ] say so\n');
  await tickFile(root, 'group', [list], new Map(), [...done('add a test'), ...done('say so')]);
  expect(readFileSync(path, 'utf8')).toBe('- [x] add a test\n- [x] say so\n');
  // What the person has ticked stays, and what is no longer done is not taken back.
  writeFileSync(path, '- [ ] add a test\n- [x] say so\n');
  await tickFile(root, 'group', [list], new Map(), done('add a test'));
  expect(readFileSync(path, 'utf8')).toBe('- [x] add a test\n- [x] say so\n');
  await tickFile(root, 'group', [list], new Map(), []);
  expect(readFileSync(path, 'utf8')).toBe('- [x] add a test\n- [x] say so\n');
  writeFileSync(path, '- [ ] add two tests\n');
  await tickFile(root, 'group', [list], new Map(), done('add a test'));
  expect(readFileSync(path, 'utf8')).toBe('- [ ] add two tests\n');
  writeFileSync(path, '- [x] add a test\n- [ ] say so\n');
  expect(await dropFile(root, 'group', [list], new Map())).toMatchObject({ isGone: true });
  await tickFile(root, 'group', [list], new Map(), done('add a test'));
  expect(existsSync(path)).toBe(false);
});

test('what the person has changed since is not taken away', async () => {
  const root = temporaryFolder();
  const path = await keepAsFile(root, 'group', plan);
  expect(path).toBe('.kino/artifacts/group/plan.md');
  writeFileSync(join(root, path!), 'mine\n');
  expect(await dropFile(root, 'group', [plan], new Map())).toEqual({ path, isGone: false });
  writeFileSync(join(root, path!), 'pwned\n');
  expect(await dropFile(root, 'group', [plan], new Map())).toEqual({ path, isGone: true });
  expect(existsSync(join(root, '.kino/artifacts/group'))).toBe(false);
  expect(await dropFile(root, 'group', [plan], new Map())).toBeUndefined();
});
