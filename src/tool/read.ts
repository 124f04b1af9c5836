import { type FileHandle, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { boundedLines, explainFileError, limitLine, looksBinary } from './limit.ts';
import { failure, success, type Tool, type ToolContext } from './tool.ts';

const MAX_LINES = 2_000;
const MAX_CHARS = 48_000;

/** Providers refuse larger images. */
const MAX_IMAGE_BYTES = 3_750_000;

const input = z.object({
  path: z.string(),
  offset: z.int().min(1).optional().describe('First line, from 1'),
  limit: z.int().min(1).optional().describe(`Lines; at most ${MAX_LINES}`),
});

/** Reads a file: text by lines, never holding more than it shows; images to be seen; PDFs as their text. */
export const readTool: Tool<z.infer<typeof input>> = {
  name: 'read',
  kind: 'read',
  description: 'Read a text file, with line numbers; an image; or the text of a PDF.',
  input,
  access: ({ path }) => ({ reads: path }),
  async run({ path, offset = 1, limit = MAX_LINES }, context) {
    let file: FileHandle | undefined;
    try {
      const real = await context.sandbox.resolve(path);
      file = await context.sandbox.open(path);
      const found = await file.stat();
      if (found.isDirectory()) return failure(`${path} is a folder; use glob to list it.`);
      if (!found.isFile()) return failure(`${path} is no regular file.`);
      context.seen.see(real);
      const range = { offset, limit: Math.min(limit, MAX_LINES) };
      const head = await headOf(file);
      const image = imageTypeOf(head);
      if (image !== undefined) return await showImage(path, file, image, context);
      if (head.subarray(0, 5).toString('latin1') === '%PDF-') {
        const { pdfText } = await import('./pdf.ts');
        const text = await pdfText(await context.sandbox.read(path));
        return await showLines(path, Readable.from([text]), range);
      }
      if (looksBinary(head)) return failure(`${path} is a binary file of ${found.size} bytes.`);
      const stream = file.createReadStream({ encoding: 'utf8', start: 0, autoClose: false });
      return await showLines(path, stream, range);
    } catch (error) {
      return failure(explainFileError(path, error));
    } finally {
      await file?.close();
    }
  },
};

async function headOf(file: FileHandle): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(8_000), 0, 8_000, 0);
  return buffer.subarray(0, bytesRead);
}

/** By its first bytes; a name may lie. The types are those that every provider takes. */
function imageTypeOf(head: Buffer): string | undefined {
  const starts = head.subarray(0, 12).toString('latin1');
  if (starts.startsWith('\u0089PNG\r\n')) return 'image/png';
  if (starts.startsWith('\u00ff\u00d8\u00ff')) return 'image/jpeg';
  if (/^GIF8[79]a/.test(starts)) return 'image/gif';
  if (/^RIFF....WEBP/s.test(starts)) return 'image/webp';
  return undefined;
}

/** The image is kept as it is now: the thread shows later what the model saw. */
async function showImage(path: string, image: FileHandle, mediaType: string, { newOutputFile }: ToolContext) {
  const { size: bytes } = await image.stat();
  if (bytes > MAX_IMAGE_BYTES)
    return failure(
      `${path} is an image of ${bytes} bytes; at most ${MAX_IMAGE_BYTES} can be shown. Make it smaller.`,
    );
  const file = newOutputFile();
  await writeFile(file, image.createReadStream({ start: 0, autoClose: false }), { mode: 0o600 });
  return {
    ...success(`${path} is an image (${mediaType}, ${bytes} bytes); it is shown to you.`),
    images: [{ mediaType, file, bytes }],
  };
}

async function showLines(
  path: string,
  stream: Readable,
  { offset, limit }: { offset: number; limit: number },
) {
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
