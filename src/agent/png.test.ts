import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import { lookOf } from './look.ts';
import { readPng } from './png.ts';

const pixelsOf = async (bytes: Buffer) => {
  const image = await readPng(bytes);
  if (!image) return undefined;
  const rows: Buffer[] = [];
  for (const row of image.rows) rows.push(Buffer.from(row));
  return { ...image, data: Buffer.concat(rows) };
};

test('reads what another program has written, whatever filters it took', async () => {
  const image = fc.record({
    width: fc.integer({ min: 1, max: 9 }),
    height: fc.integer({ min: 1, max: 9 }),
    colorType: fc.constantFrom(0, 2, 4, 6) as fc.Arbitrary<0 | 2 | 4 | 6>,
    filterType: fc.constantFrom(-1, 0, 1, 2, 3, 4),
    seed: fc.integer(),
  });
  await fc.assert(
    fc.asyncProperty(image, async ({ width, height, colorType, filterType, seed }) => {
      const png = new PNG({ width, height });
      for (let at = 0; at < png.data.length; at++) png.data[at] = (seed * (at + 7)) >> (at % 5);
      const bytes = PNG.sync.write(png, { colorType, filterType });
      const expected = PNG.sync.read(bytes);
      const found = (await pixelsOf(bytes))!;
      expect(found).toMatchObject({ width, height });
      expect(found.data.equals(expected.data)).toBe(true);
    }),
  );
});

const chunk = (type: string, content: Buffer) => {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(content.length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, content, Buffer.alloc(4)]);
};
const header = (width: number, height: number, [depth, colour, interlace] = [8, 0, 0]) => {
  const content = Buffer.alloc(13);
  content.writeUInt32BE(width);
  content.writeUInt32BE(height, 4);
  content.set([depth!, colour!, 0, 0, interlace!], 8);
  return chunk('IHDR', content);
};
const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
const file = (...chunks: Buffer[]) => Buffer.concat([SIGNATURE, ...chunks, chunk('IEND', Buffer.alloc(0))]);
const data = (bytes: number) => chunk('IDAT', deflateSync(Buffer.alloc(bytes)));

test.each([
  ['a second header', file(header(1, 1), header(40_000, 40_000), data(2))],
  ['a header that comes late', file(data(2), header(1, 1))],
  ['a header of another length', file(chunk('IHDR', Buffer.alloc(40)), data(2))],
  ['more than can be looked at', file(header(40_000, 40_000), data(2))],
  ['more than the header says', file(header(1, 1), data(10_000_000))],
  ['less than the header says', file(header(1, 2), data(2))],
  ['interlaced', file(header(1, 1, [8, 0, 1]), data(2))],
  ['sixteen bits', file(header(1, 1, [16, 0, 0]), data(3))],
  ['a palette without end', file(header(1, 1, [8, 3, 0]), chunk('PLTE', Buffer.alloc(3_000_000)), data(2))],
  ['no palette', file(header(1, 1, [8, 3, 0]), data(2))],
  ['no pixels', file(header(0, 1), data(1))],
  ['cut off', file(header(1, 1), data(2)).subarray(0, 40)],
  [
    'a chunk that is longer than the file',
    Buffer.concat([SIGNATURE, header(1, 1), Buffer.from([255, 255, 255, 255, 73, 68, 65, 84, 0, 0, 0, 0])]),
  ],
])('%s is no image', async (_, bytes) => {
  expect(await readPng(bytes)).toBeUndefined();
});

test('a palette is looked up, also where it has no such place', async () => {
  const palette = chunk('PLTE', Buffer.from([1, 2, 3, 4, 5, 6]));
  const rows = chunk('IDAT', deflateSync(Buffer.from([0, 1, 0, 200])));
  expect([...(await pixelsOf(file(header(3, 1, [8, 3, 0]), palette, rows)))!.data]).toEqual([
    ...[4, 5, 6, 255, 1, 2, 3, 255, 0, 0, 0, 255],
  ]);
});

test('a page of any length is looked at in bounds, or not at all', async () => {
  expect(await lookOf(file(header(1, 100_000), data(200_000)), 'image/png')).toBeUndefined();
  expect(await lookOf(file(header(100, 1), data(101)), 'image/png')).toMatchObject({ width: 100, height: 1 });
});
