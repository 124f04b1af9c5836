import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { temporaryFolder } from '../../../test/support/temporary.ts';
import { AtWork, takeOver } from './at-work.ts';

let home = '';
beforeEach(() => {
  home = temporaryFolder();
  vi.stubEnv('KINO_HOME', home);
});
const file = (pid: number) => join(home, 'at-work', `${pid}.json`);

test('what a process that is no more was at is taken over once, and not for ever', async () => {
  const { pid } = spawnSync('true');
  mkdirSync(join(home, 'at-work'));
  writeFileSync(
    file(pid),
    JSON.stringify([
      { thread: 'a1', tries: 0 },
      { thread: 'b2', tries: 2 },
      { thread: 'c3', tries: 3 },
    ]),
  );
  writeFileSync(file(process.ppid), JSON.stringify([{ thread: 'd4', tries: 0 }]));
  expect(await takeOver()).toEqual([
    { thread: 'a1', tries: 0 },
    { thread: 'b2', tries: 2 },
  ]);
  expect(await takeOver()).toEqual([]);
  expect(existsSync(file(process.ppid))).toBe(true);
});

test('nonsense is nothing, and what ends is no longer there', async () => {
  const { pid } = spawnSync('true');
  mkdirSync(join(home, 'at-work'));
  for (const text of ['{', '[]', '[{"thread":"../x","tries":0}]', '{"thread":"a"}']) {
    writeFileSync(file(pid), text);
    expect(await takeOver()).toEqual([]);
  }
  const own = new AtWork();
  own.begin('a1');
  own.begin('b2', 1);
  await own.saved();
  expect(existsSync(file(process.pid))).toBe(true);
  own.end('a1');
  own.end('b2');
  own.end('never');
  await own.saved();
  expect(existsSync(file(process.pid))).toBe(false);
});
