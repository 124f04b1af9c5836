import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { Scrubber } from '../thread/index.ts';
import { knownSecrets } from './known-secrets.ts';

test('settings of the parts of a repository are known, each line of them, and pipes are not waited for', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'packages', 'api', 'node_modules', 'x'), { recursive: true });
  writeFileSync(
    join(folder, 'packages', 'api', '.env'),
    'PLAIN=one-of-the-parts\nKEY="-----BEGIN X-----\nMIIEvQIBADANBgkqhkiG\n-----END X-----"\nESCAPED="first-line-of-a-key\\nsecond-line-of-a-key"\n',
  );
  writeFileSync(join(folder, '.env.example'), 'EXAMPLE=not-a-secret-at-all\n');
  writeFileSync(join(folder, 'packages', 'api', 'node_modules', 'x', '.env'), 'THEIRS=of-a-package-only\n');
  execFileSync('mkfifo', [join(folder, '.env')]);
  const scrubber = new Scrubber(await knownSecrets([folder]));
  const text = scrubber.text(
    'one-of-the-parts, |  MIIEvQIBADANBgkqhkiG|, second-line-of-a-key, not-a-secret-at-all, of-a-package-only',
  );
  expect(text).toBe(
    '[scrubbed: PLAIN], |  [scrubbed: KEY]|, [scrubbed: ESCAPED], not-a-secret-at-all, of-a-package-only',
  );
});

test('many files are all read, long ones in time, and more than can be are said to be', async () => {
  const folder = temporaryFolder();
  for (let at = 0; at < 900; at++) writeFileSync(join(folder, `.env.${at}`), `S=secret-number-${at}\n`);
  writeFileSync(
    join(folder, '.env'),
    `${'\n'.repeat(400_000)}LAST=the-very-last-one${' '.repeat(400_000)}\nOPEN="never closed\n`,
  );
  const scrubber = new Scrubber(await knownSecrets([folder]));
  expect(scrubber.text('secret-number-0 secret-number-899 the-very-last-one')).toBe(
    '[scrubbed: S] [scrubbed: S] [scrubbed: LAST]',
  );
  for (let at = 900; at < 1_001; at++) writeFileSync(join(folder, `.env.${at}`), '');
  await expect(knownSecrets([folder])).rejects.toThrow('more than 1000 files of settings');
});
