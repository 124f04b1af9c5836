import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../../test/support/temporary.ts';
import { git } from '../../../git/index.ts';
import { findLeaks } from './leaks.ts';

const PATCH = '--- a/a\n+++ b/a\n@@ -1 +1 @@\n+the line that mends it();\n';
const SAID = { commit: 'abcdef0123456789', statement: 'Mend it', goldPatch: PATCH };
const IDENTITY = ['-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'core.logAllRefUpdates=false'];

/** A workspace as it should be, with something more in it. @returns what of it is found */
async function leaksOf(
  more: (run: (...args: string[]) => Promise<string>, folder: string) => Promise<unknown>,
  about: Partial<typeof SAID> & { secret?: ReadonlySet<string> } = {},
): Promise<string[]> {
  const make = async (folder: string) => {
    const run = (...args: string[]) => git(folder, [...IDENTITY, ...args], { alone: true });
    await run('init', '--quiet', '--template=', '--initial-branch=main');
    writeFileSync(join(folder, 'a'), 'a\n');
    await run('add', '--all');
    await run('commit', '--quiet', '--message', 'base');
    const base = await run('rev-parse', 'HEAD');
    await more(run, folder);
    return base;
  };
  return findLeaks({ home: temporaryFolder() }, make, { ...SAID, secret: new Set(), ...about });
}

test('a workspace that knows nothing more leaks nothing', async () => {
  expect(await leaksOf(async () => {})).toEqual([]);
});

test('each way to the future is named', async () => {
  expect(await leaksOf((run) => run('tag', 'v2'))).toEqual([expect.stringContaining('refs/tags/v2')]);
  const annotated = await leaksOf((run) => run('tag', '-a', '-m', 'x', 'v2'));
  expect(annotated).toContainEqual(expect.stringContaining('a tag is among the objects'));
  expect(await leaksOf((run) => run('branch', 'other'))).toEqual([
    expect.stringContaining('refs/heads/other'),
  ]);
  const commit = await leaksOf(async (run) => {
    await run('commit', '--quiet', '--allow-empty', '--message', 'fix');
    await run('reset', '--quiet', '--hard', 'HEAD~');
  });
  expect(commit).toContainEqual(expect.stringContaining('another commit is among the objects'));
  const logged = await leaksOf((run) =>
    run('-c', 'core.logAllRefUpdates=true', 'commit', '--quiet', '--amend', '--message', 'x'),
  );
  expect(logged).toContainEqual('.git/logs is there');
  expect(await leaksOf((run) => run('pack-refs', '--all'))).toContainEqual('.git/packed-refs is there');
  expect(await leaksOf((run) => run('update-ref', 'ORIG_HEAD', 'HEAD'))).toContainEqual(
    '.git/ORIG_HEAD is there',
  );
  let blob = '';
  const secret = new Set<string>();
  const hidden = await leaksOf(
    async (run, folder) => {
      writeFileSync(join(folder, 'b'), 'the fix\n');
      blob = await run('hash-object', '-w', 'b');
      secret.add(blob);
    },
    { secret },
  );
  expect(hidden).toEqual([`a file of the fix is among the objects: ${blob}`]);
});

test('a statement that holds code or the id of the fix leaks', async () => {
  expect(await leaksOf(async () => {}, { statement: 'Write `the line that mends it();` there' })).toEqual([
    expect.stringContaining('a line of the patch'),
  ]);
  expect(await leaksOf(async () => {}, { statement: 'as in abcdef0' })).toEqual([
    'the statement holds the id of the fix',
  ]);
});
