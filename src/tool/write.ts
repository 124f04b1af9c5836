import { statSync } from 'node:fs';
import { z } from 'zod';
import { explainFileError } from './limit.ts';
import { failure, success, type Tool } from './tool.ts';

const input = z.object({
  path: z.string(),
  content: z.string(),
});

export const writeTool: Tool<z.infer<typeof input>> = {
  name: 'write',
  kind: 'edit',
  description: 'Create a file, or replace it whole. To change part of a file use edit.',
  input,
  access: ({ path }) => ({ writes: path }),
  async run({ path, content }, { sandbox, seen }) {
    try {
      const real = await sandbox.resolve(path);
      const found = statSync(real, { throwIfNoEntry: false });
      if (found?.isFile() && found.size > 0) {
        const state = seen.state(real);
        if (state === 'unseen')
          return failure(
            `${path} exists and you have not read it. Nothing was written: read it first, or edit it.`,
          );
        if (state === 'changed')
          return failure(`${path} has changed since you read it. Nothing was written: read it again.`);
      }
      await sandbox.write(path, content);
      seen.change(real);
      const lines = content === '' ? 0 : content.replace(/\n$/, '').split('\n').length;
      return success(`Wrote ${path} (${lines} lines).`);
    } catch (error) {
      return failure(explainFileError(path, error));
    }
  },
};
