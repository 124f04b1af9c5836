import fc from 'fast-check';
import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import { lookOf } from '../../agent/index.ts';
import type { ArtifactWritten } from '../../thread/index.ts';
import { artifactsOf, placeOf } from './artifact.ts';
import { locateRegion } from './region.ts';

/** A page: a head, then boxes of other grays, each with a stripe of its own. */
function page(boxes: readonly number[], head = 0): Buffer {
  const [width, box] = [640, 80];
  const png = new PNG({ width, height: head + boxes.length * box });
  png.data.fill(255);
  boxes.forEach((gray, index) => {
    for (let y = 0; y < box; y++)
      for (let x = 0; x < width; x++) {
        const isStriped = x > 40 + index * 7 && x < 400 && y % 40 > 20;
        png.data.fill(
          isStriped ? gray : 240,
          4 * ((head + index * box + y) * width + x),
          4 * ((head + index * box + y) * width + x) + 3,
        );
      }
  });
  return PNG.sync.write(png);
}
const look = async (bytes: Buffer) => (await lookOf(bytes, 'image/png'))!;
const onBox = (index: number, count: number) => ({ x: 0.1, y: index / count, width: 0.5, height: 1 / count });

test('a part of a page is found where it moved to; what was changed is gone', async () => {
  const before = await look(page([10, 60, 110, 160]));
  const region = onBox(2, 4);
  expect(locateRegion(region, before, before)).toEqual(region);
  const moved = locateRegion(region, before, await look(page([10, 60, 110, 160], 100)))!;
  expect(moved.y).toBeCloseTo((100 + 160) / 420, 2);
  expect(moved.height).toBeCloseTo(80 / 420, 2);
  expect(locateRegion(region, before, await look(page([10, 60, 220, 160])))).toBeUndefined();
  // What is plain is everywhere, and was about that place alone.
  expect(locateRegion({ ...region, x: 0.7, width: 0.2 }, before, await look(page([10], 9)))).toBeUndefined();
});

test('any move of whole boxes is followed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }), async (index, put) => {
      const boxes = [10, 60, 110, 160];
      const before = await look(page(boxes));
      const after = await look(page(boxes, put * 80));
      const found = locateRegion(onBox(index, 4), before, after)!;
      expect(found.y).toBeCloseTo((put + index) / (put + 4), 2);
    }),
    { numRuns: 20 },
  );
});

test('a comment on a rectangle is stale when what it shows is gone, and comes back with it', async () => {
  const written = async (version: number, boxes: readonly number[]): Promise<ArtifactWritten> => {
    const bytes = page(boxes);
    const about = { artifact: 'page', kind: 'image', title: 'page', mediaType: 'image/png' } as const;
    return {
      type: 'artifact.written',
      ...about,
      version,
      file: `/${version}`,
      bytes: bytes.length,
      look: await look(bytes),
    };
  };
  const anchor = { kind: 'region' as const, ...onBox(1, 3) };
  const events = [
    await written(1, [10, 60, 110]),
    { type: 'comment.added' as const, comment: 'c', artifact: 'page', version: 1, anchor, text: 'wider' },
    { type: 'comments.sent' as const, comments: ['c'] },
  ];
  const status = (more: typeof events) => {
    const [artifact] = artifactsOf('t', [...events, ...more]);
    const [comment] = artifact!.comments;
    return [comment!.status, placeOf(comment!, artifact!)?.y];
  };
  expect(status([])).toEqual(['open', anchor.y]);
  expect(status([await written(2, [10, 200, 110])])).toEqual(['stale', undefined]);
  const [again, y] = status([await written(2, [10, 200, 110]), await written(3, [200, 10, 60, 110])]);
  expect(again).toBe('open');
  expect(y).toBeCloseTo(0.5, 2);
});

test('what is no image, lies about its size, or came from elsewhere harms nothing', async () => {
  const good = page([10, 60]);
  const huge = Buffer.from(good);
  huge.writeUInt32BE(1_000_000, 16);
  const broken = Buffer.from(good).fill(7, 60, 200);
  for (const bytes of [huge, broken, Buffer.from('no image'), good.subarray(0, 40)])
    expect(await lookOf(bytes, 'image/png')).toBeUndefined();
  expect(await lookOf(good, 'image/jpeg')).toBeUndefined();
  const region = onBox(0, 2);
  const own = await look(good);
  for (const given of [
    { width: 1e9, height: 1e9, gray: '' },
    { width: -1, height: 2, gray: 'x' },
    { width: own.width, height: 3, gray: own.gray },
  ])
    expect(locateRegion(region, own, given)).toEqual(region);
});
