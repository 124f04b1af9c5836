import { constants, open } from 'node:fs/promises';

const MAX_BYTES = 8 * 1024 * 1024;

/**
 * The text of a file of some repository. Whoever works there may have put a pipe in its place, on which one would wait for
 * ever, or something without an end.
 *
 * @throws Error with the reason, and as `open`
 */
export async function readRegular(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Error('it is no regular file');
    if (found.size > MAX_BYTES) throw new Error(`it has ${found.size} bytes; ${MAX_BYTES} are read`);
    // It may grow while it is read.
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(found.size), position: 0 });
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
