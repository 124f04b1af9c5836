import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { z } from 'zod';
import { boundedLines, explainFileError, limitLine, looksBinary } from './limit.ts';
import { failure, success, type Tool } from './tool.ts';

const MAX_LINES = 2_000;
const MAX_CHARS = 48_000;

const input = z.object({
  path: z.string().describe('Relative to the working directory'),
  offset: z.int().min(1).optional().describe('First line, from 1'),
  limit: z.int().min(1).optional().describe(`Lines; at most ${MAX_LINES}`),
});

/** Reads a text file by lines. It never holds more than it shows, so a file of any size will do. */
export const readTool: Tool<z.infer<typeof input>> = {
  name: 'read',
  description: 'Read a text file, with line numbers.',
  input,
  access: ({ path }) => ({ reads: path }),
  async run({ path, offset = 1, limit = MAX_LINES }, { sandbox }) {
    try {
      const real = await sandbox.resolve(path);
      const found = await stat(real);
      if (found.isDirectory()) return failure(`${path} is a folder; use glob to list it.`);
      if (!found.isFile()) return failure(`${path} is no regular file.`);
      if (await startsBinary(real)) return failure(`${path} is a binary file of ${found.size} bytes.`);
      return await readLines(path, real, offset, Math.min(limit, MAX_LINES));
    } catch (error) {
      return failure(explainFileError(path, error));
    }
  },
};

async function startsBinary(real: string): Promise<boolean> {
  const file = await open(real, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8_000), 0, 8_000, 0);
    return looksBinary(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

async function readLines(path: string, real: string, offset: number, limit: number) {
  const stream = createReadStream(real, { encoding: 'utf8' });
  const shown: string[] = [];
  let chars = 0;
  let number = 0;
  let more = false;
  try {
    for await (const line of boundedLines(stream)) {
      number++;
      if (number < offset) continue;
      if (shown.length >= limit || chars >= MAX_CHARS) {
        more = true;
        break;
      }
      const text = `${number}\t${limitLine(line.text, line.length)}`;
      shown.push(text);
      chars += text.length;
    }
  } finally {
    stream.destroy();
  }
  if (number === 0) return success(`${path} is empty.`);
  if (shown.length === 0) return failure(`${path} has only ${number} ${number === 1 ? 'line' : 'lines'}.`);
  if (more) shown.push(`[… more lines follow; read on with offset ${offset + shown.length} …]`);
  return success(shown.join('\n'));
}
