import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { explainFileError } from './limit.ts';
import { listFiles } from './list-files.ts';
import { failure, success, type Tool } from './tool.ts';

const MAX_FILES = 200;

const input = z.object({
  pattern: z.string().describe('For example **/*.ts, src/*, *.json'),
});

/** Lists files by pattern: those that git tracks or would track; outside git, all but the usual heaps. */
export const globTool: Tool<z.infer<typeof input>> = {
  name: 'glob',
  kind: 'search',
  description: 'List files whose path matches a glob pattern. Ignored files are left out.',
  input,
  access: () => ({ reads: '*' }),
  async run({ pattern }, context) {
    try {
      const wanted = pattern.replace(/^\.?\//, '');
      const anywhere = wanted.includes('/') ? wanted : `**/${wanted}`;
      const { default: picomatch } = await import('picomatch');
      const matches = picomatch(anywhere, { dot: true });
      const listed = await listFiles(context);
      // git also lists what it tracks and what is no longer there.
      const isThere = (path: string) =>
        lstatSync(join(context.sandbox.cwd, path), { throwIfNoEntry: false }) !== undefined;
      const files = listed.filter((path) => matches(path) && isThere(path)).sort();
      if (files.length === 0) return success(`No file matches ${pattern}.`);
      const shown = files.slice(0, MAX_FILES);
      if (files.length > MAX_FILES) shown.push(`[… ${files.length - MAX_FILES} more files match …]`);
      return success(shown.join('\n'));
    } catch (error) {
      return failure(explainFileError(pattern, error));
    }
  },
};
