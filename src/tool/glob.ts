import { glob } from 'node:fs/promises';
import { matchesGlob } from 'node:path';
import { z } from 'zod';
import { explainFileError } from './limit.ts';
import { failure, success, type Tool, type ToolContext } from './tool.ts';

const MAX_FILES = 200;

const input = z.object({
  pattern: z.string().describe('For example **/*.ts, src/*, *.json'),
});

/** Lists files by pattern: those that git tracks or would track; outside git, all but the usual heaps. */
export const globTool: Tool<z.infer<typeof input>> = {
  name: 'glob',
  description: 'List files whose path matches a glob pattern. Ignored files are left out.',
  input,
  access: () => ({ reads: '*' }),
  async run({ pattern }, context) {
    try {
      const wanted = pattern.replace(/^\.?\//, '');
      const anywhere = wanted.includes('/') ? wanted : `**/${wanted}`;
      const files = (await listFiles(context, anywhere)).filter((path) => matchesGlob(path, anywhere)).sort();
      if (files.length === 0) return success(`No file matches ${pattern}.`);
      const shown = files.slice(0, MAX_FILES);
      if (files.length > MAX_FILES) shown.push(`[… ${files.length - MAX_FILES} more files match …]`);
      return success(shown.join('\n'));
    } catch (error) {
      return failure(explainFileError(pattern, error));
    }
  },
};

async function listFiles({ sandbox, signal }: ToolContext, pattern: string): Promise<string[]> {
  const listed = await sandbox.exec(['git', 'ls-files', '-coz', '--exclude-standard', '--deduplicate'], {
    signal,
    timeoutMs: 60_000,
    maxBytes: 64 * 1024 * 1024,
  });
  if (listed.exitCode === 0) return listed.output.split('\0').filter((path) => path !== '');
  const found: string[] = [];
  const root = await sandbox.resolve('.');
  for await (const path of glob(pattern, { cwd: root, exclude: ['**/node_modules/**', '**/.git/**'] })) {
    found.push(path);
  }
  return found;
}
