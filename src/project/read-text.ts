import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

const MAX_BYTES = 8 * 1024 * 1024;

/**
 * What a file of some repository says; nothing where it cannot be read, is too large or no file at all: on a pipe one would
 * wait for ever.
 */
export function textOf(path: string): string {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = fstatSync(file);
    return found.isFile() && found.size <= MAX_BYTES ? readFileSync(file, 'utf8') : '';
  } catch {
    return '';
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
