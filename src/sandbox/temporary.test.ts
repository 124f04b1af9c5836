import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from './temporary.ts';

test('what a killed process has left is gone; what others have there stays', async () => {
  const { pid } = spawnSync('true');
  const left = join(tmpdir(), `kino-of-${pid}-ports-x`);
  const others = ['kino-of-x-y', `kino-of-${process.ppid}-ports-x`].map((name) => join(tmpdir(), name));
  for (const path of [left, ...others]) mkdirSync(path);
  const own = await temporaryFolder('test');
  onTestFinished(() => {
    for (const path of [own, left, ...others]) rmSync(path, { recursive: true, force: true });
  });
  expect(existsSync(own)).toBe(true);
  await expect.poll(() => existsSync(left)).toBe(false);
  expect(others.map((path) => existsSync(path))).toEqual([true, true]);
});
