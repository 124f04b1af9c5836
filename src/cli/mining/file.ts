import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { environmentsFolder } from '../../environment/index.ts';
import type { Repository } from '../../git/index.ts';

/** Where tasks of a kind are written: where the person says, or in the repository itself. */
export async function taskFile(
  repository: Repository,
  kind: string,
  out: string | undefined,
): Promise<string> {
  if (out !== undefined) return resolve(out);
  // A bare repository has no place for it, so then it is the working folder.
  const bare = repository.path.endsWith('.git') || !existsSync(join(repository.path, '.git'));
  const folder = environmentsFolder(bare ? process.cwd() : repository.path);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, '.gitignore'), '*\n', { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return join(folder, bare ? `${repository.name}-${kind}.jsonl` : `${kind}.jsonl`);
}

/** A path as a person would type it here. */
export function shownPath(file: string): string {
  const way = relative(process.cwd(), file);
  return way.startsWith('..') ? file : way;
}
