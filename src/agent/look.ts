import { deflateSync } from 'node:zlib';
import type { Look } from '../thread/index.ts';
import type { MediaType } from './media.ts';

/** So wide an image is looked at, in dots; what is smaller than one of them is not seen. */
const WIDTH = 128;
/** Larger images are not looked at: they would take seconds. */
const MAX_PIXELS = 24_000_000;
/** More would be too much for each version in a thread. */
const MAX_LENGTH = 64 * 1024;
const PNG_HEAD = 26;

/** How an image looks, in gray and small; undefined for what is none, or is none that can be read here (PNG can). */
export async function lookOf(bytes: Buffer, type: MediaType): Promise<Look | undefined> {
  if (type !== 'image/png' || bytes.length < PNG_HEAD) return undefined;
  // What it says of itself, before anything is made for it.
  if (bytes.readUInt32BE(16) * bytes.readUInt32BE(20) > MAX_PIXELS) return undefined;
  // Interlaced ones are unpacked without a bound.
  if (bytes[28] !== 0) return undefined;
  const { PNG } = await import('pngjs');
  let image: { width: number; height: number; data: Buffer };
  try {
    image = PNG.sync.read(bytes);
  } catch {
    return undefined;
  }
  const width = Math.min(WIDTH, image.width);
  const height = Math.max(1, Math.round((image.height * width) / image.width));
  const gray = deflateSync(grayOf(image, width, height), { level: 9 }).toString('base64');
  return gray.length > MAX_LENGTH ? undefined : { width, height, gray };
}

/** The mean of the pixels below each dot, transparent ones on white. */
function grayOf(
  image: { width: number; height: number; data: Buffer },
  width: number,
  height: number,
): Buffer {
  const gray = Buffer.alloc(width * height);
  for (let y = 0; y < height; y++) {
    const top = Math.floor((y * image.height) / height);
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * image.height) / height));
    for (let x = 0; x < width; x++) {
      const left = Math.floor((x * image.width) / width);
      const right = Math.max(left + 1, Math.floor(((x + 1) * image.width) / width));
      let sum = 0;
      for (let row = top; row < bottom; row++)
        for (let column = left; column < right; column++) {
          const at = 4 * (row * image.width + column);
          const light = 0.299 * image.data[at]! + 0.587 * image.data[at + 1]! + 0.114 * image.data[at + 2]!;
          sum += 255 + ((light - 255) * image.data[at + 3]!) / 255;
        }
      gray[y * width + x] = Math.round(sum / ((bottom - top) * (right - left)));
    }
  }
  return gray;
}
