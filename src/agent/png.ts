import { promisify } from 'node:util';
import { inflate } from 'node:zlib';

/** Rows of pixels, from the top: a byte each of red, green, blue and opacity. */
export interface Pixels {
  width: number;
  height: number;
  /** To be gone through once; the next row is in the same memory. */
  rows: Iterable<Uint8Array>;
}

/** Larger images would take seconds. */
const MAX_PIXELS = 12_000_000;
const MAX_CHUNKS = 100_000;
const HEADER_LENGTH = 13;
const MAX_PALETTE = 768;
/** Samples of a pixel, by the type of colour: gray, colours, places in the palette, gray or colours with opacity. */
const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const unpack = promisify(inflate);

interface Header {
  width: number;
  height: number;
  channels: number;
  colour: number;
}

/**
 * The pixels of a PNG as screenshots are: eight bits a sample, not interlaced. Whoever made it may want to harm: it has one
 * header, and what it unpacks to is no more than that says.
 *
 * Source: Portable Network Graphics Specification (Third Edition), W3C.
 *
 * @returns undefined for what is another image, or none
 */
export async function readPng(bytes: Buffer): Promise<Pixels | undefined> {
  const parts = partsOf(bytes);
  if (!parts) return undefined;
  const { header, palette, packed } = parts;
  const { width, height, channels } = header;
  const stride = width * channels;
  const length = height * (stride + 1);
  const data = await unpack(packed, { maxOutputLength: length }).catch(() => undefined);
  if (data?.length !== length) return undefined;
  return { width, height, rows: rowsOf(data, header, palette) };
}

function partsOf(bytes: Buffer): { header: Header; palette: Buffer; packed: Buffer } | undefined {
  let header: Header | undefined;
  let palette: Buffer = Buffer.alloc(0);
  const data: Buffer[] = [];
  let at = 8;
  for (let chunk = 0; at + 12 <= bytes.length && chunk < MAX_CHUNKS; chunk++) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const content = bytes.subarray(at + 8, at + 8 + length);
    if (content.length !== length || (chunk === 0) !== (type === 'IHDR')) return undefined;
    if (type === 'IHDR') header = headerIn(content);
    if (!header) return undefined;
    if (type === 'PLTE') palette = content;
    if (type === 'IDAT') data.push(content);
    if (type === 'IEND') break;
    at += 12 + length;
  }
  const hasPalette = palette.length > 0 && palette.length <= MAX_PALETTE && palette.length % 3 === 0;
  if (!header || (header.colour === 3 && !hasPalette)) return undefined;
  return { header, palette, packed: Buffer.concat(data) };
}

function headerIn(content: Buffer): Header | undefined {
  if (content.length !== HEADER_LENGTH) return undefined;
  const [width, height] = [content.readUInt32BE(0), content.readUInt32BE(4)];
  const [depth, colour = 0, compression, filter, interlace] = content.subarray(8);
  const channels = CHANNELS[colour];
  const isPlain = depth === 8 && compression === 0 && filter === 0 && interlace === 0;
  if (!isPlain || channels === undefined || width < 1 || height < 1 || width * height > MAX_PIXELS)
    return undefined;
  return { width, height, channels, colour };
}

function* rowsOf(data: Buffer, { width, height, channels, colour }: Header, palette: Buffer) {
  const stride = width * channels;
  const shown = new Uint8Array(4 * width);
  let above: Uint8Array = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const start = y * (stride + 1);
    const row = data.subarray(start + 1, start + 1 + stride);
    unfilter(data[start]!, row, above, channels);
    above = row;
    for (let x = 0; x < width; x++) show(row, x * channels, colour, palette, shown, 4 * x);
    yield shown;
  }
}

function show(
  row: Uint8Array,
  at: number,
  colour: number,
  palette: Buffer,
  shown: Uint8Array,
  to: number,
): void {
  const isGray = colour === 0 || colour === 4;
  const from = colour === 3 ? palette : row;
  const first = colour === 3 ? 3 * row[at]! : at;
  for (let sample = 0; sample < 3; sample++) shown[to + sample] = from[first + (isGray ? 0 : sample)] ?? 0;
  shown[to + 3] = colour === 4 ? row[at + 1]! : colour === 6 ? row[at + 3]! : 255;
}

/** Takes back what was done to a row so that it packs better; in place. */
function unfilter(type: number, row: Uint8Array, above: Uint8Array, width: number): void {
  for (let at = 0; at < row.length; at++) {
    const left = at < width ? 0 : row[at - width]!;
    const up = above[at]!;
    const corner = at < width ? 0 : above[at - width]!;
    const added =
      type === 1
        ? left
        : type === 2
          ? up
          : type === 3
            ? (left + up) >> 1
            : type === 4
              ? paeth(left, up, corner)
              : 0;
    row[at] = row[at]! + added;
  }
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
