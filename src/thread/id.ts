import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * A new identifier of 16 characters that sorts by time: 9 for milliseconds since 1970, 7 random (35 bits),
 * in Crockford's base 32.
 */
export function newId(now: number = Date.now()): string {
  let time = now;
  let head = '';
  for (let i = 0; i < 9; i++) {
    head = ALPHABET[time % 32]! + head;
    time = Math.floor(time / 32);
  }
  let tail = '';
  for (const byte of randomBytes(7)) tail += ALPHABET[byte % 32]!;
  return head + tail;
}
