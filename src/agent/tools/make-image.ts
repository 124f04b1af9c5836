import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ImageMaker } from '../../model/index.ts';
import { failure, success, type Tool } from '../../tool/index.ts';
import { mediaTypeOf } from '../media.ts';

const input = z.object({
  prompt: z.string().min(1).describe('What is to be seen, and how it is drawn'),
  path: z.string().min(1),
  size: z
    .string()
    .regex(/^\d{2,4}x\d{2,4}$/)
    .optional()
    .describe('As 1024x1024'),
});

/** Makes an image and writes it into the workspace. */
export function makeImageTool(maker: ImageMaker): Tool<z.infer<typeof input>> {
  return {
    name: 'make_image',
    kind: 'edit',
    description: 'Make an image from words, for the app or page that is worked on. It costs money each time.',
    input,
    access: ({ path }) => ({ writes: path }),
    async run({ prompt, path, size }, { sandbox, signal, newOutputFile, seen }) {
      const [width, height] = size?.split('x').map(Number) ?? [];
      try {
        const { bytes, warnings } = await maker.make(prompt, {
          signal,
          ...(width !== undefined && height !== undefined && { size: { width, height } }),
        });
        const mediaType = mediaTypeOf(bytes);
        if (!mediaType?.startsWith('image/')) return failure(`${maker.name} gave no image.`);
        const content = Buffer.from(bytes);
        await sandbox.write(path, content);
        seen.change(await sandbox.resolve(path));
        const file = newOutputFile();
        await writeFile(file, content, { mode: 0o600 });
        const notes = warnings.length > 0 ? ` The provider says: ${warnings.join(' ')}` : '';
        return {
          ...success(
            `${path} is written (${mediaType}, ${content.length} bytes); it is shown to you.${notes}`,
          ),
          images: [{ mediaType, file, bytes: content.length }],
        };
      } catch (error) {
        return failure((error as Error).message);
      }
    },
  };
}
