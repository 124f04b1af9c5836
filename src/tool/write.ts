import { z } from 'zod';
import { explainFileError } from './limit.ts';
import { failure, success, type Tool } from './tool.ts';

const input = z.object({
  path: z.string().describe('Relative to the working directory'),
  content: z.string(),
});

export const writeTool: Tool<z.infer<typeof input>> = {
  name: 'write',
  description: 'Create a file, or replace it whole. To change part of a file use edit.',
  input,
  access: ({ path }) => ({ writes: path }),
  async run({ path, content }, { sandbox }) {
    try {
      await sandbox.write(path, content);
      const lines = content === '' ? 0 : content.replace(/\n$/, '').split('\n').length;
      return success(`Wrote ${path} (${lines} lines).`);
    } catch (error) {
      return failure(explainFileError(path, error));
    }
  },
};
