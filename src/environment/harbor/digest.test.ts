import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/support/temporary.ts';
import { harborIgnored, taskDigest } from './digest.ts';
import { HarborTaskError } from './error.ts';
import { walkTaskFolder } from './task-files.ts';

function put(folder: string, files: Record<string, string>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

const task = {
  'task.toml': 'version = "1.0"\n',
  'instruction.md': 'Do it.\n',
  'environment/Dockerfile': 'FROM ubuntu\n',
  'tests/test.sh': 'true\n',
};

test('a digest is the one that Harbor 0.26 computes', async () => {
  // Computed by `Packager.compute_content_hash` of the package harbor 0.26.0.
  const golden = 'sha256:0b90da3cf410446721632e684e8abcfeb15b3ad402242ac71caf856f6fb41334';
  expect(await taskDigest(put(temporaryFolder(), task))).toBe(golden);
  const odd = put(temporaryFolder(), {
    ...task,
    'README.md': 'r',
    'other.md': 'is no part',
    'environment/__pycache__/x.pyc': 'is no part',
    'environment/\uffee': 'sorted by bytes',
    'environment/\u{1f600}': 'sorted by bytes',
    'tests/.harborignore': '*.secret\n!kept.secret\n',
    'tests/a.secret': 'is no part',
    'tests/kept.secret': '',
    'steps/one/tests/x': '',
  });
  symlinkSync('../tests/test.sh', join(odd, 'environment', 'link'));
  symlinkSync('../tests', join(odd, 'environment', 'folder'));
  expect(await taskDigest(odd)).toBe(
    'sha256:249c3758c6f899bd7a2c412d10bdb59a4a01fd400274e2fa0987c0f380864b44',
  );
  put(odd, { '.gitignore': 'tests/*\n!tests/test.sh\nenvironment/\u{1f600}\n' });
  expect(await taskDigest(odd)).toBe(
    'sha256:842111e55a8c9ec0f5cfb6b22241677a6da655c49d0de99bbc846221b6d48116',
  );
});

test('modes and empty folders do not count; a name and a content do', async () => {
  const folder = put(temporaryFolder(), task);
  const before = await taskDigest(folder);
  chmodSync(join(folder, 'tests', 'test.sh'), 0o755);
  mkdirSync(join(folder, 'environment', 'empty'));
  expect(await taskDigest(folder)).toBe(before);
  put(folder, { 'environment/x': '' });
  expect(await taskDigest(folder)).not.toBe(before);
});

test('a large file is read in pieces, and counts whole', async () => {
  const content = Buffer.alloc(10 * 1024 * 1024, 'x');
  const folder = temporaryFolder();
  put(folder, { 'environment/x': '' });
  writeFileSync(join(folder, 'environment', 'x'), content);
  const line = `environment/x\0${createHash('sha256').update(content).digest('hex')}\n`;
  expect(await taskDigest(folder)).toBe(`sha256:${createHash('sha256').update(line).digest('hex')}`);
});

test('two folders have one digest only where they have the same files', async () => {
  const names = fc.constantFrom('a', 'b/c', 'b/d', 'e\nf', 'g');
  const files = fc.dictionary(names, fc.constantFrom('', '1', '2'), { maxKeys: 4 });
  await fc.assert(
    fc.asyncProperty(files, files, async (one, other) => {
      const digests = await Promise.all(
        [one, other].map((given) => {
          const inside = Object.entries(given).map(([path, content]) => [`environment/${path}`, content]);
          return taskDigest(put(temporaryFolder(), { 'task.toml': '', ...Object.fromEntries(inside) }));
        }),
      );
      const sorted = (given: Record<string, string>) => JSON.stringify(Object.entries(given).sort());
      expect(digests[0] === digests[1]).toBe(sorted(one) === sorted(other));
    }),
    { numRuns: 40 },
  );
});

test('what .harborignore files keep back: only where Harbor heeds them, the nearest last, a link with its target', async () => {
  const folder = put(temporaryFolder(), {
    '.harborignore': '*',
    'environment/.harborignore': '*',
    'environment/a': '',
    'tests/.harborignore': 'x\nfolder/\n',
    'tests/x': '',
    'tests/in/.harborignore': '!x\n',
    'tests/in/x': '',
    'tests/folder/y': '',
    'steps/one/solution/.harborignore': 'y',
    'steps/one/solution/y': '',
    'steps/one/y': '',
  });
  symlinkSync('x', join(folder, 'tests', 'link'));
  const out = await harborIgnored(folder, await walkTaskFolder(folder));
  expect([...out].filter((path) => !path.endsWith('.harborignore'))).toEqual([
    ...['steps/one/solution/y', 'tests/folder', 'tests/folder/y', 'tests/link', 'tests/x'],
  ]);
});

test('a folder that is not there, and a link that leads out, are refused', async () => {
  await expect(taskDigest(join(temporaryFolder(), 'none'))).rejects.toThrow(HarborTaskError);
  const folder = put(temporaryFolder(), task);
  symlinkSync('/etc/passwd', join(folder, 'environment', 'x'));
  await expect(taskDigest(folder)).rejects.toThrow(/leads out/);
});
