import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/support/temporary.ts';
import { readDockerignore } from './dockerignore.ts';
import { parseDockerignore, parseGitignore } from './ignore-rules.ts';

test.each([
  ['node_modules', 'node_modules/a/b', true],
  ['node_modules', 'x/node_modules', false],
  ['**/node_modules', 'x/node_modules/a', true],
  ['*.md\n!README.md', 'README.md', false],
  ['*.md\n!README.md', 'CHANGES.md', true],
  ['*.md\n!README.md\n*.md', 'README.md', true],
  ['*\n!src', 'src/a.ts', false],
  ['docs/**', 'docs/a', true],
  ['docs/**', 'docs', false],
  ['/a', 'a', true],
  ['./a/../b/', 'b', true],
  ['../a', 'a', false],
  ['# a\n  b  ', 'b', true],
  ['# a', '# a', false],
  ['\ufeffa\r\nb\r\n', 'a', true],
  ['a\r\nb\r\n', 'b', true],
  ['**.md', 'x/y.md', true],
  ['a**', 'abc/d', true],
  ['', 'a', false],
  ['!', 'a', false],
  ['/', 'a', false],
])('.dockerignore %j leaves out %s: %s', (text, path, out) => {
  expect(parseDockerignore(text)(path)).toBe(out);
});

test.each([
  ['*.pyc', 'a/b.pyc', 'out'],
  ['a/', 'a/b', 'out'],
  ['a/', 'a', undefined],
  ['/a', 'b/a', undefined],
  ['*\n!a', 'a', 'kept'],
  ['a \\ ', 'a', undefined],
  ['\\#a', '#a', 'out'],
  ['#a\n\n', '#a', undefined],
  ['/', 'a', undefined],
  ['a\r', 'a', 'out'],
])('.gitignore %j says of the file %s: %s', (text, path, says) => {
  expect(parseGitignore(text, 'basic')(path, false)).toBe(says);
});

test('the two readings of Harbor differ where pathspec does', () => {
  expect(parseGitignore('a/*', 'basic')('a/b/c', false)).toBeUndefined();
  expect(parseGitignore('a/*', 'like git')('a/b/c', false)).toBe('out');
  expect(parseGitignore('b.txt\n!a/', 'basic')('a/b.txt', false)).toBe('kept');
  expect(parseGitignore('b.txt\n!a/', 'like git')('a/b.txt', false)).toBe('out');
});

test('a .dockerignore of the Dockerfile itself counts before that of the context', async () => {
  const context = temporaryFolder();
  const dockerfile = join(context, 'docker', 'Dockerfile');
  mkdirSync(join(context, 'docker'));
  expect((await readDockerignore(context, dockerfile))('a')).toBe(false);
  writeFileSync(join(context, '.dockerignore'), 'a\n');
  expect((await readDockerignore(context, dockerfile))('a')).toBe(true);
  writeFileSync(`${dockerfile}.dockerignore`, 'b\n');
  const ignored = await readDockerignore(context, dockerfile);
  expect([ignored('a'), ignored('b')]).toEqual([false, true]);
});
