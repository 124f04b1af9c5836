import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { ConfigError, readJson, updateJson } from './json-file.ts';

const schema = z.strictObject({ names: z.array(z.string()) });
const file = () => join(temporaryFolder(), 'below', 'a file.json');
const add = (path: string, name: string) =>
  updateJson(path, schema, (value) => ({
    value: { names: [...(value?.names ?? []), name] },
    result: value?.names.length ?? 0,
  }));

const PROGRAM = `
const [, jsonFile, zod, path, id] = process.argv;
const { updateJson } = await import(jsonFile);
const { z } = await import(zod);
const schema = z.strictObject({ names: z.array(z.string()) });
await Promise.all([0, 1, 2, 3, 4].map((n) => updateJson(path, schema, (value) => ({
  value: { names: [...(value?.names ?? []), id + '.' + n] },
  result: undefined,
}))));
`;

test('what four processes and this one change at once is all in the file', async () => {
  const path = file();
  const modules = [new URL('./json-file.ts', import.meta.url).href, import.meta.resolve('zod')];
  const others = ['p', 'q', 'r', 's'].map(async (id) => {
    const argv = ['--input-type=module', '--eval', PROGRAM, ...modules, path, id];
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] });
    expect((await once(child, 'exit'))[0]).toBe(0);
  });
  const own = Array.from({ length: 20 }, (_, n) => add(path, `own.${n}`));
  await Promise.all([...others, ...own]);
  const wanted = ['p', 'q', 'r', 's'].flatMap((id) => [0, 1, 2, 3, 4].map((n) => `${id}.${n}`));
  const all = [...wanted, ...Array.from({ length: 20 }, (_, n) => `own.${n}`)];
  const { names } = (await readJson(path, schema))!;
  expect(names.toSorted()).toEqual(all.toSorted());
  expect(readdirSync(join(path, '..'))).toEqual(['a file.json']);
});

test('each that changes a file gets what the one before it wrote', async () => {
  const path = file();
  const found = await Promise.all(Array.from({ length: 20 }, (_, n) => add(path, String(n))));
  expect(found.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n));
});

test('a lock that a process left behind long ago is taken over', async () => {
  const path = file();
  mkdirSync(`${path}.lock`, { recursive: true });
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(`${path}.lock`, longAgo, longAgo);
  expect(await Promise.all([add(path, 'a'), add(path, 'b'), add(path, 'c')])).toHaveLength(3);
  expect((await readJson(path, schema))?.names.toSorted()).toEqual(['a', 'b', 'c']);
  expect(readdirSync(join(path, '..'))).toEqual(['a file.json']);
});

test('a change that throws leaves the file and no lock', async () => {
  const path = file();
  await add(path, 'a');
  const failed = updateJson(path, schema, () => {
    throw new Error('no');
  });
  await expect(failed).rejects.toThrow('no');
  expect(await add(path, 'b')).toBe(1);
});

test.each([
  ['{"names":\n', /a file\.json: is not JSON \([^\n]*\)\.$/],
  ['{"names":[1]}', /a file\.json: names\.0: /],
  ['{"names":[],"more":1}', /a file\.json: the file: .*more/],
  ['', /is not JSON/],
])('%j is refused in one sentence, and stays as it is', async (text, message) => {
  const path = file();
  mkdirSync(join(path, '..'));
  writeFileSync(path, text);
  for (const reading of [readJson(path, schema), add(path, 'a')]) {
    const error: unknown = await reading.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ path, message: expect.stringMatching(message) });
  }
  expect(readFileSync(path, 'utf8')).toBe(text);
  expect(readdirSync(join(path, '..'))).toEqual(['a file.json']);
});

test('no file is none, a folder is a ConfigError, a byte order mark is passed over', async () => {
  const path = file();
  expect(await readJson(path, schema)).toBeUndefined();
  mkdirSync(path, { recursive: true });
  await expect(readJson(path, schema)).rejects.toThrow(ConfigError);
  const marked = file();
  mkdirSync(join(marked, '..'));
  writeFileSync(marked, '\ufeff{"names":["a"]}');
  expect(await readJson(marked, schema)).toEqual({ names: ['a'] });
});

test('only its owner may read what is written', async () => {
  const path = file();
  await add(path, 'a');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
});
