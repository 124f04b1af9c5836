import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/support/temporary.ts';
import { unzip } from './fixture.ts';
import { ZipEntryError, ZipWriter } from './zip.ts';

async function zipOf(path: string, entries: Iterable<[string, string | Uint8Array]>): Promise<void> {
  await using zip = await ZipWriter.create(path);
  for (const [name, content] of entries) await zip.add(name, content);
  await zip.finish();
}

test('what goes in comes out, and the same again makes the same bytes', async () => {
  const folder = temporaryFolder();
  const contents = fc.oneof(
    fc.uint8Array(),
    fc.string({ unit: 'binary' }).map((text) => text.repeat(50)),
  );
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(contents, { maxLength: 6 }), async (given) => {
      const entries = given.map((content, index): [string, string | Uint8Array] => [
        `ä/${index}.json`,
        content,
      ]);
      const [one, two] = [join(folder, `${++run}.zip`), join(folder, `${run}-again.zip`)];
      await zipOf(one, entries);
      await zipOf(two, entries);
      expect(readFileSync(two).equals(readFileSync(one))).toBe(true);
      const read = unzip(one);
      expect([...read.keys()]).toEqual(entries.map(([name]) => name));
      for (const [name, content] of entries)
        expect(read.get(name)!.equals(Buffer.from(content as Uint8Array))).toBe(true);
    }),
    { numRuns: 40 },
  );
});

test('text is made smaller, and what cannot be made smaller is stored', async () => {
  const path = join(temporaryFolder(), 'a.zip');
  await zipOf(path, [
    ['text', 'the same '.repeat(10_000)],
    ['nothing', ''],
  ]);
  expect(statSync(path).size).toBeLessThan(1_000);
});

test('more entries than 16 bits count are there', async () => {
  const path = join(temporaryFolder(), 'a.zip');
  const names = Array.from({ length: 65_536 }, (_, index) => String(index));
  await zipOf(
    path,
    names.map((name) => [name, name]),
  );
  const read = unzip(path);
  expect(read.size).toBe(65_536);
  expect(String(read.get('65535'))).toBe('65535');
});

test.each(['', '/etc/passwd', '../a', 'a/../b', 'a//b', 'a/', './a', 'a\\b', 'a\0b', 'twice'])(
  'an entry that a reader could misplace is refused: %j',
  async (name) => {
    await using zip = await ZipWriter.create(join(temporaryFolder(), 'a.zip'));
    await zip.add('twice', '');
    await expect(zip.add(name, '')).rejects.toThrow(ZipEntryError);
  },
);

test('no file is replaced', async () => {
  const path = join(temporaryFolder(), 'a.zip');
  await zipOf(path, []);
  await expect(ZipWriter.create(path)).rejects.toThrow(/EEXIST/);
});
