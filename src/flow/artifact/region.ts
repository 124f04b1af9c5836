import { inflateSync } from 'node:zlib';
import type { Anchor, Look } from '../../thread/index.ts';

/** A rectangle of an image, in shares of its width and height. */
export type Region = Pick<Extract<Anchor, { kind: 'region' }>, 'x' | 'y' | 'width' | 'height'>;

/** What a dot may differ by, of 255, and not be another; of how many that may be so. */
const SAME_DOT = 24;
const MAX_OTHER = 0.08;
/** A part in which dots differ less is plain: it looks the same wherever something plain is. */
const MIN_DETAIL = 6;
/** Images with more dots were not written by Kino. */
const MAX_DOTS = 128 * 2_048;
/** What takes longer to find is taken to be gone. */
const MAX_COMPARED = 20_000_000;

/**
 * Where what a rectangle shows is in another version of an image: at its place, or further up or down, as pages move when
 * something is put before it. The first idea is that of template matching, over rows alone.
 *
 * @returns undefined where it is gone; what it was about is then no longer to be seen
 */
export function locateRegion(region: Region, before: Look, after: Look): Region | undefined {
  const [from, to] = [dotsOf(before), dotsOf(after)];
  // What cannot be compared is taken to be there.
  if (!from || !to || before.width !== after.width) return region;
  const left = Math.min(before.width - 1, Math.floor(region.x * before.width));
  const right = Math.max(
    left + 1,
    Math.min(before.width, Math.ceil((region.x + region.width) * before.width)),
  );
  const top = Math.min(before.height - 1, Math.floor(region.y * before.height));
  const bottom = Math.max(
    top + 1,
    Math.min(before.height, Math.ceil((region.y + region.height) * before.height)),
  );
  let compared = 0;
  const others = (shift: number, most: number) => {
    let found = 0;
    for (let row = top; row < bottom; row++)
      for (let column = left; column < right; column++) {
        compared++;
        const now = to[(row + shift) * after.width + column]!;
        if (Math.abs(from[row * before.width + column]! - now) > SAME_DOT && ++found > most) return found;
      }
    return found;
  };
  const most = Math.floor(MAX_OTHER * (bottom - top) * (right - left));
  const fits = (shift: number) => top + shift >= 0 && bottom + shift <= after.height;
  const moved = (shift: number): Region => ({
    ...region,
    y: (region.y * before.height + shift) / after.height,
    height: (region.height * before.height) / after.height,
  });
  if (fits(0) && others(0, most) <= most) return moved(0);
  if (isPlain(from, before.width, { left, right, top, bottom })) return undefined;
  // The nearest first: what is there twice is most likely the one beside it.
  for (let away = 1; away < Math.max(before.height, after.height) && compared < MAX_COMPARED; away++)
    for (const shift of [away, -away]) if (fits(shift) && others(shift, most) <= most) return moved(shift);
  return undefined;
}

function isPlain(
  dots: Buffer,
  width: number,
  { left, right, top, bottom }: Record<'left' | 'right' | 'top' | 'bottom', number>,
): boolean {
  let [least, largest] = [255, 0];
  for (let row = top; row < bottom; row++)
    for (let column = left; column < right; column++) {
      const dot = dots[row * width + column]!;
      least = Math.min(least, dot);
      largest = Math.max(largest, dot);
    }
  return largest - least < MIN_DETAIL;
}

const known = new WeakMap<Look, Buffer | undefined>();

function dotsOf(look: Look): Buffer | undefined {
  if (!known.has(look)) known.set(look, unpacked(look));
  return known.get(look);
}

/** A thread may come from elsewhere, and say anything. */
function unpacked({ width, height, gray }: Look): Buffer | undefined {
  const length = width * height;
  if (!Number.isInteger(length) || length < 1 || length > MAX_DOTS) return undefined;
  try {
    const dots = inflateSync(Buffer.from(gray, 'base64'), { maxOutputLength: length });
    return dots.length === length ? dots : undefined;
  } catch {
    return undefined;
  }
}
