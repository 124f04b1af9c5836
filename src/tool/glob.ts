import { lstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
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

async function listFiles({ sandbox, signal }: ToolContext): Promise<string[]> {
  const command = ['git', 'ls-files', '-coz', '--exclude-standard', '--deduplicate'];
  try {
    const listed = await sandbox.exec(command, { signal, timeoutMs: 60_000, maxBytes: 64 * 1024 * 1024 });
    if (listed.exitCode === 0) return listed.output.split('\0').filter((path) => path !== '');
  } catch {
    // No git here: every file is listed then.
  }
  return walk(await sandbox.resolve('.'));
}

/** The files below a folder. Symbolic links are not followed: they lead out of the workspace. */
async function walk(root: string, folder = ''): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(root, folder), { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) found.push(path);
    else if (entry.name !== 'node_modules' && entry.name !== '.git') found.push(...(await walk(root, path)));
  }
  return found;
}
