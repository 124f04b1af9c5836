import { execFileSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { readRegular } from './read-regular.ts';

test('a pipe is not waited for, a device and what is too large are not read', async () => {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  execFileSync('mkfifo', [at('pipe')]);
  writeFileSync(at('large'), '');
  truncateSync(at('large'), 2 ** 40);
  writeFileSync(at('file'), 'text');
  expect(await readRegular(at('file'))).toBe('text');
  await expect(readRegular(at('pipe'))).rejects.toThrow('it is no regular file');
  await expect(readRegular('/dev/zero')).rejects.toThrow('it is no regular file');
  await expect(readRegular(at('large'))).rejects.toThrow('bytes');
});
