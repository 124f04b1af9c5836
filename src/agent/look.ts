import { deflateSync } from 'node:zlib';
import type { Look } from '../thread/index.ts';
import type { MediaType } from './media.ts';
import { type Pixels, readPng } from './png.ts';

/** So wide an image is looked at, in dots; what is smaller than one of them is not seen. */
const WIDTH = 128;
/** Longer pages are not looked at: looking for a part of one would take long. */
const MAX_HEIGHT = 2_048;
/** More would be too much for each version in a thread. */
const MAX_LENGTH = 64 * 1024;

/** How an image looks, in gray and small; undefined for what is none, or is none that can be read here (PNG can). */
export async function lookOf(bytes: Buffer, type: MediaType): Promise<Look | undefined> {
  const image = type === 'image/png' ? await readPng(bytes) : undefined;
  if (!image) return undefined;
  const width = Math.min(WIDTH, image.width);
  const height = Math.max(1, Math.round((image.height * width) / image.width));
  if (height > MAX_HEIGHT || height > image.height) return undefined;
  const gray = deflateSync(grayOf(image, width, height), { level: 9 }).toString('base64');
  return gray.length > MAX_LENGTH ? undefined : { width, height, gray };
}

/** The mean of the pixels below each dot, transparent ones on white. */
function grayOf(image: Pixels, width: number, height: number): Buffer {
  const sums = new Float64Array(width * height);
  const counts = new Uint32Array(width * height);
  let y = 0;
  for (const row of image.rows) {
    const top = width * Math.min(height - 1, Math.floor((y++ * height) / image.height));
    for (let x = 0; x < image.width; x++) {
      const at = top + Math.floor((x * width) / image.width);
      const light = 0.299 * row[4 * x]! + 0.587 * row[4 * x + 1]! + 0.114 * row[4 * x + 2]!;
      sums[at]! += 255 + ((light - 255) * row[4 * x + 3]!) / 255;
      counts[at]!++;
    }
  }
  return Buffer.from(sums.map((sum, at) => Math.round(sum / Math.max(1, counts[at]!))));
}
