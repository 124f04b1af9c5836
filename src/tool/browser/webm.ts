/** One picture of a recording: a lossy WebP image, and when it was taken, in milliseconds from the beginning. */
export interface Frame {
  webp: Buffer;
  atMs: number;
}

/**
 * A WebM video of still images, without an encoder: a lossy WebP image holds one key frame of VP8, which is what a video
 * of that codec is made of. Each image is shown until the next one. (WebP container: RFC 9649; WebM: the subset of
 * Matroska, RFC 9559; VP8 frame header: RFC 6386, section 9.1.)
 *
 * @param frames in order, all of one size; those that are no lossy WebP are left out
 * @param endMs how long the last one is shown, from the beginning
 * @returns undefined where there is no frame
 */
export function webmOf(frames: readonly Frame[], endMs: number): Buffer | undefined {
  const pictures = frames.flatMap(({ webp, atMs }) => {
    const vp8 = vp8In(webp);
    return vp8 ? [{ vp8, atMs: Math.max(0, Math.round(atMs)), ...sizeOf(vp8) }] : [];
  });
  const first = pictures[0];
  if (!first) return undefined;
  const { width, height } = first;
  const own = pictures.filter((one) => one.width === width && one.height === height);
  // Players show the last frame for no time at all.
  const last = { ...own.at(-1)!, atMs: Math.max(Math.round(endMs), own.at(-1)!.atMs + 40) };
  const clusters = [...own, last].map(({ vp8, atMs }) => ({
    atMs,
    bytes: element(0x1f43b675, [element(0xe7, [unsigned(atMs)]), element(0xa3, [BLOCK_HEAD, vp8])]),
  }));
  const about = [
    element(0x1549a966, [
      ...[element(0x2ad7b1, [unsigned(1_000_000)]), element(0x4489, [float(last.atMs + 40)])],
      ...[element(0x4d80, [Buffer.from('kino')]), element(0x5741, [Buffer.from('kino')])],
    ]),
    element(0x1654ae6b, [
      element(0xae, [
        ...[element(0xd7, [unsigned(1)]), element(0x73c5, [unsigned(1)]), element(0x83, [unsigned(1)])],
        element(0x86, [Buffer.from('V_VP8')]),
        element(0xe0, [element(0xb0, [unsigned(width)]), element(0xba, [unsigned(height)])]),
      ]),
    ]),
  ];
  const before = about.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([
    element(0x1a45dfa3, [
      ...[element(0x4286, [unsigned(1)]), element(0x42f7, [unsigned(1)])],
      ...[element(0x42f2, [unsigned(4)]), element(0x42f3, [unsigned(8)])],
      ...[
        element(0x4282, [Buffer.from('webm')]),
        element(0x4287, [unsigned(2)]),
        element(0x4285, [unsigned(2)]),
      ],
    ]),
    element(0x18538067, [...about, ...clusters.map(({ bytes }) => bytes), cues(clusters, before)]),
  ]);
}

/** Track 1, at its cluster's own time, a key frame. */
const BLOCK_HEAD = Buffer.from([0x81, 0, 0, 0x80]);

/** Where each cluster begins, so that a player can go to any moment. @param before bytes of the segment before the first */
function cues(clusters: readonly { atMs: number; bytes: Buffer }[], before: number): Buffer {
  let position = before;
  const points = clusters.map(({ atMs, bytes }) => {
    const point = element(0xbb, [
      element(0xb3, [unsigned(atMs)]),
      element(0xb7, [element(0xf7, [unsigned(1)]), element(0xf1, [unsigned(position)])]),
    ]);
    position += bytes.length;
    return point;
  });
  return element(0x1c53bb6b, points);
}

/** The key frame in a WebP file, if it is a lossy one. */
function vp8In(webp: Buffer): Buffer | undefined {
  if (webp.toString('latin1', 0, 4) !== 'RIFF' || webp.toString('latin1', 8, 12) !== 'WEBP') return undefined;
  for (let at = 12; at + 8 <= webp.length; ) {
    const size = webp.readUInt32LE(at + 4);
    if (webp.toString('latin1', at, at + 4) === 'VP8 ') {
      const frame = webp.subarray(at + 8, at + 8 + size);
      return frame.length > 10 && (frame[0]! & 1) === 0 ? frame : undefined;
    }
    at += 8 + size + (size % 2);
  }
  return undefined;
}

function sizeOf(vp8: Buffer): { width: number; height: number } {
  return { width: vp8.readUInt16LE(6) & 0x3fff, height: vp8.readUInt16LE(8) & 0x3fff };
}

function element(id: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const name = Buffer.from(id.toString(16), 'hex');
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(body.length) | (1n << 56n));
  return Buffer.concat([name, size, body]);
}

function unsigned(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  const first = bytes.findIndex((byte) => byte !== 0);
  return bytes.subarray(first === -1 ? 7 : first);
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}
