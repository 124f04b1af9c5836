import { execFileSync } from 'node:child_process';
import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRepository } from '../../test/support/repository.ts';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { changeOf } from './change.ts';

test('what a repository inside is configured to run does not run', async () => {
  const inner = createRepository([{ message: 'one', files: { f: '1\n' } }]);
  const { path, git } = createRepository([{ message: 'above', files: { b: 'b\n' } }]);
  git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner.path, 'part');
  git('config', 'diff.submodule', 'diff');
  git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'part');
  const mark = join(temporaryFolder(), 'ran');
  const part = (...args: string[]) => execFileSync('git', args, { cwd: join(path, 'part') });
  part('config', 'diff.evil.command', `touch "${mark}"; true`);
  part('config', 'diff.external', `touch "${mark}"; true`);
  writeFileSync(join(path, 'part', '.gitattributes'), '* diff=evil\n');
  writeFileSync(join(path, 'part', 'f'), '2\n');
  part('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qam', 'two');
  const { files } = await changeOf(path, 'HEAD');
  expect(files.map((file) => file.path)).toEqual(['part']);
  expect(existsSync(mark)).toBe(false);
});

test('what git does not know and is no file is not waited for, nor followed', async () => {
  const { path } = createRepository([{ message: 'one', files: { a: 'a\n' } }]);
  const secret = join(temporaryFolder(), 'secret');
  writeFileSync(secret, 'of the person\n');
  execFileSync('mkfifo', [join(path, 'pipe')]);
  symlinkSync(secret, join(path, 'link'));
  writeFileSync(join(path, 'new'), 'mine\n');
  const { files } = await changeOf(path, 'HEAD');
  expect(files.find((file) => file.path === 'new')?.added).toBe(1);
  expect(JSON.stringify(files)).not.toContain('of the person');
});
