import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/support/temporary.ts';
import type { SetupPlan } from '../project/index.ts';
import { ensureSetup, SetupError } from './setups.ts';

const sh = (script: string) => ({ argv: ['sh', '-c', script], cwd: '{setup}' });
const PLAN: SetupPlan = {
  ...{
    tool: 'test',
    key: 'k',
    files: {},
    needsSource: false,
    hosts: [],
    mounts: [],
    env: {},
    path: [],
    notes: [],
  },
  attempts: [[sh('echo first > which; exit 1')], [sh('ls; echo second > which')]],
};

test('what had to be given up is a note, and what was installed is kept with the set-up', async () => {
  const home = temporaryFolder();
  const plan = {
    ...PLAN,
    compromises: [undefined, 'the lockfile could not be kept to'],
    installed: sh('echo left-pad@1.0.0; echo right-pad@2.0.0'),
  };
  const write = async () => {};
  expect(await ensureSetup({ home }, plan, [], write)).toMatchObject({
    notes: ['the lockfile could not be kept to'],
  });
  const folder = join(home, 'setups', 'k');
  expect(JSON.parse(readFileSync(join(folder, 'setup.json'), 'utf8'))).toMatchObject({
    tool: 'test',
    installed: ['left-pad@1.0.0', 'right-pad@2.0.0'],
    // What the way before it has left is gone.
    log: expect.not.stringMatching(/^which$/m),
  });
  expect(readFileSync(join(folder, 'content', 'which'), 'utf8')).toBe('second\n');
  const best = {
    ...plan,
    key: 'best',
    attempts: [...PLAN.attempts].reverse(),
    compromises: [undefined, 'x'],
  };
  expect((await ensureSetup({ home }, best, [], write)).notes).toBeUndefined();
});

test('where no way works the last one’s words are the reason, and nothing is left', async () => {
  const home = temporaryFolder();
  const plan = { ...PLAN, attempts: [[sh('exit 1')], [sh('echo "ERROR: no matching version"; exit 1')]] };
  const failing = ensureSetup({ home }, plan, [], async () => {});
  await expect(failing).rejects.toThrow(SetupError);
  await expect(failing).rejects.toThrow('ERROR: no matching version');
  expect(() => readFileSync(join(home, 'setups', 'k', 'setup.json'))).toThrow();
});
