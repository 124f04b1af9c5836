import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from './temporary.ts';

test('what a killed process has left is gone; what others have there stays', async () => {
  const { pid } = spawnSync('true');
  const left = join(tmpdir(), `kino-of-${pid}-ports-x`);
  const others = ['kino-of-x-y', `kino-of-${process.ppid}-ports-x`].map((name) => join(tmpdir(), name));
  const open = join(tmpdir(), `kino-of-${pid}-open-x`);
  const link = join(tmpdir(), `kino-of-${pid}-link-x`);
  const fresh = join(tmpdir(), `kino-of-${pid}-fresh-x`);
  for (const path of [left, fresh, ...others]) mkdirSync(path, { mode: 0o700 });
  mkdirSync(open);
  chmodSync(open, 0o777);
  symlinkSync(others[0]!, link);
  const stays = [open, link, fresh, ...others];
  const old = Date.now() / 1000 - 7_200;
  for (const path of [left, open, ...others]) utimesSync(path, old, old);
  const own = await temporaryFolder('test');
  onTestFinished(() => {
    for (const path of [own, left, ...stays]) rmSync(path, { recursive: true, force: true });
  });
  expect(existsSync(own)).toBe(true);
  await expect.poll(() => existsSync(left)).toBe(false);
  expect(stays.filter((path) => !existsSync(path))).toEqual([]);
});
