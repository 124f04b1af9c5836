import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { ConfigError, forgetTrust, trustedFolders, trustFolder, trustOf } from './index.ts';

function setUp() {
  const home = temporaryFolder();
  const root = temporaryFolder();
  const configure = (text: string, folder = root) => {
    mkdirSync(join(folder, '.kino'), { recursive: true });
    writeFileSync(join(folder, '.kino', 'config.json'), text);
  };
  const folder = (name: string) => {
    mkdirSync(join(root, name), { recursive: true });
    return join(root, name);
  };
  return { home, root, configure, folder, trust: (path = root) => trustOf(path, home) };
}

test('a folder is trusted from when the person says so until they take it back', async () => {
  const { home, root, trust, folder } = setUp();
  expect(await trust()).toBe('untrusted');
  await trustFolder(root, {}, home);
  expect(await trust()).toBe('trusted');
  expect(await trust(folder('below'))).toBe('untrusted');
  expect(await trustedFolders(home)).toMatchObject([{ path: root, below: false }]);
  expect(await forgetTrust(root, home)).toBe(true);
  expect(await forgetTrust(root, home)).toBe(false);
  expect(await trust()).toBe('untrusted');
});

test('a configuration that came, went or became another is no longer trusted', async () => {
  const { home, root, trust, configure } = setUp();
  await trustFolder(root, {}, home);
  configure('{}');
  expect(await trust()).toBe('changed');
  await trustFolder(root, {}, home);
  expect(await trust()).toBe('trusted');
  configure('{"hooks":{}}');
  expect(await trust()).toBe('changed');
  configure('{}');
  expect(await trust()).toBe('trusted');
  rmSync(join(root, '.kino'), { recursive: true });
  expect(await trust()).toBe('changed');
});

test('a configuration that is empty is one that the person has seen', async () => {
  const { home, root, trust, configure } = setUp();
  configure('');
  await trustFolder(root, {}, home);
  expect(await trust()).toBe('trusted');
  configure('{"hooks":{}}');
  expect(await trust()).toBe('changed');
});

test('folders below are trusted where the person said so, and bring no configuration', async () => {
  const { home, root, trust, configure, folder } = setUp();
  await trustFolder(root, { below: true }, home);
  expect(await trust(folder('a/b'))).toBe('trusted');
  configure('{}', folder('a'));
  expect(await trust(folder('a'))).toBe('untrusted');
  await trustFolder(folder('a'), {}, home);
  expect(await trust(folder('a'))).toBe('trusted');
  configure('{"mode":"auto"}', folder('a'));
  expect(await trust(folder('a'))).toBe('changed');
});

test('a folder beside one that is trusted with all below is not below it', async () => {
  const { home, root, trust } = setUp();
  await trustFolder(root, { below: true }, home);
  expect(await trust(`${root} too`)).toBe('untrusted');
  expect(await trust(dirname(root))).toBe('untrusted');
});

test('a file of trust that is damaged trusts nobody', async () => {
  const { home, root, trust } = setUp();
  writeFileSync(join(home, 'trust.json'), `{"folders":{"${root}":true}}`);
  await expect(trust()).rejects.toThrow(ConfigError);
  await expect(trustFolder(root, {}, home)).rejects.toThrow(ConfigError);
});

test('folders that are trusted at once are all trusted', async () => {
  const { home, folder, trust } = setUp();
  const folders = Array.from({ length: 10 }, (_, n) => folder(String(n)));
  await Promise.all(folders.map((path) => trustFolder(path, {}, home)));
  for (const path of folders) expect(await trust(path)).toBe('trusted');
});
