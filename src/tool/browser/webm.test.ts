import fc from 'fast-check';
import { expect, test } from 'vitest';
import { webmOf } from './webm.ts';

/** A WebP file that holds a key frame of a size; nothing in it could be decoded. */
function webp(width: number, height: number, size = 20): Buffer {
  const frame = Buffer.alloc(size);
  frame.writeUInt16LE(width, 6);
  frame.writeUInt16LE(height, 8);
  const head = Buffer.alloc(20);
  head.write('RIFF', 0);
  head.writeUInt32LE(12 + size, 4);
  head.write('WEBPVP8 ', 8);
  head.writeUInt32LE(size, 16);
  return Buffer.concat([head, frame]);
}

/** The ids of the elements of a WebM file, from the top, each with where its content is. */
function elements(bytes: Buffer, from = 0, to = bytes.length): { id: string; start: number; end: number }[] {
  const found = [];
  for (let at = from; at < to; ) {
    const width = Math.clz32(bytes[at]!) - 23;
    const start = at + width + 8;
    const size = Number(bytes.readBigUInt64BE(at + width) & ((1n << 56n) - 1n));
    found.push({ id: bytes.toString('hex', at, at + width), start, end: start + size });
    at = start + size;
  }
  return found;
}

test('one cluster a picture and one for the end, all within their parents, and cues that lead to them', () => {
  const times = fc.array(fc.double({ min: 0, max: 600_000, noNaN: true }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(times, fc.double({ min: 0, max: 700_000, noNaN: true }), (at, end) => {
      const frames = at.sort((a, b) => a - b).map((atMs) => ({ webp: webp(320, 200), atMs }));
      const video = webmOf(frames, end)!;
      const [head, segment] = elements(video);
      expect(head!.id).toBe('1a45dfa3');
      expect(segment!.end).toBe(video.length);
      const inside = elements(video, segment!.start, segment!.end);
      const clusters = inside.filter(({ id }) => id === '1f43b675');
      expect(clusters).toHaveLength(frames.length + 1);
      const cues = inside.find(({ id }) => id === '1c53bb6b')!;
      const positions = elements(video, cues.start, cues.end).map((point) => {
        const [, place] = elements(video, point.start, point.end);
        const [, position] = elements(video, place!.start, place!.end);
        return Number.parseInt(video.toString('hex', position!.start, position!.end), 16);
      });
      expect(positions.map((position) => segment!.start + position)).toEqual(
        clusters.map(({ start }) => start - 12),
      );
    }),
  );
});

test('what is no key frame, or of another size than the first, is left out', () => {
  expect(webmOf([], 0)).toBeUndefined();
  expect(webmOf([{ webp: Buffer.from('no picture'), atMs: 0 }], 10)).toBeUndefined();
  const frames = [webp(320, 200), webp(640, 400), Buffer.alloc(0)].map((one, atMs) => ({ webp: one, atMs }));
  const [, segment] = elements(webmOf(frames, 5)!);
  const video = webmOf(frames, 5)!;
  const clusters = elements(video, segment!.start, segment!.end).filter(({ id }) => id === '1f43b675');
  expect(clusters).toHaveLength(2);
});
