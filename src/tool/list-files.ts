import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ToolContext } from './tool.ts';

/** Files of the working folder, relative to it: those that git tracks or would track; outside git, all but the usual heaps. */
export async function listFiles({
  sandbox,
  signal,
}: Pick<ToolContext, 'sandbox' | 'signal'>): Promise<string[]> {
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
