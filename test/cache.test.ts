import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { kino } from './support/cli.ts';
import { temporaryFolder } from './support/temporary.ts';

const DAY = 24 * 60 * 60;

/** A home folder with files that were last used so many days ago. */
function homeWith(files: Record<string, number>): string {
  const home = temporaryFolder();
  for (const [path, days] of Object.entries(files)) {
    const file = join(home, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'x'.repeat(5000));
    const at = Date.now() / 1000 - days * DAY;
    utimesSync(file, at, at);
  }
  return home;
}

const DEAD = 2 ** 22 + 1;

test('what was not used goes, what was used stays, and threads are not looked at', async () => {
  const home = homeWith({
    'setups/old/setup.json': 40,
    'setups/old/content/a b\nc/deep.js': 1,
    'setups/new/setup.json': 2,
    'images/young/image.json': 0,
    'runs/aa/one.json': 31,
    'runs/aa/two.json': 3,
    'trees/t.git/objects/info/alternates': 90,
    [`workspaces/${DEAD}-abc/file`]: 0,
    [`workspaces/${process.pid}-abc/file`]: 90,
    'threads/precious.jsonl': 400,
    [`setups/.gone-${DEAD}-x/file`]: 90,
  });
  const run = (...args: string[]) => kino(['cache', ...args], { env: { KINO_HOME: home } });
  const said = JSON.parse((await run('--json')).stdout);
  expect(
    said.caches.map(({ cache, entries }: { cache: string; entries: number }) => [cache, entries]),
  ).toEqual([
    ['setups', 2],
    ['images', 1],
    ['trees', 1],
    ['runs', 2],
    ['workspaces', 1],
  ]);
  expect((await run('prune', '--dry-run')).stdout).toContain('would be removed');
  expect(existsSync(join(home, 'setups/old'))).toBe(true);
  expect(await run('prune')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/setups +1 .*KB removed/s),
  });
  expect(readdirSync(join(home, 'setups'))).toEqual(['new']);
  expect(readdirSync(join(home, 'runs/aa'))).toEqual(['two.json']);
  expect(readdirSync(join(home, 'trees'))).toEqual([]);
  expect(readdirSync(join(home, 'workspaces'))).toEqual([`${process.pid}-abc`]);
  expect(await run('prune', '--all')).toMatchObject({ code: 0 });
  expect(readdirSync(join(home, 'setups'))).toEqual([]);
  // It was used a moment ago, and may be in use.
  expect(readdirSync(join(home, 'images'))).toEqual(['young']);
  expect(existsSync(join(home, 'threads/precious.jsonl'))).toBe(true);
});

test('a home with nothing in it', async () => {
  const env = { KINO_HOME: join(temporaryFolder(), 'none') };
  expect(await kino(['cache'], { env })).toMatchObject({ code: 0, stdout: 'Nothing is kept.\n' });
  expect(await kino(['cache', 'prune', '--days', '0'], { env })).toMatchObject({ code: 2 });
});
