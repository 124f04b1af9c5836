import { existsSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, sep } from 'node:path';

/** A folder that no work can begin in. */
export class NoSuchFolderError extends Error {
  override name = 'NoSuchFolderError';
  constructor(folder: string) {
    super(folder === '.' ? 'The working folder is gone.' : `There is no folder ${folder}.`);
  }
}

/**
 * The repository around a folder, so that an agent started in a part of it sees the whole; the folder itself outside
 * git, and where the repository is a home folder (as some keep their settings).
 *
 * @returns real absolute paths
 * @throws NoSuchFolderError
 */
export function workspaceAround(folder: string): { root: string; cwd: string; isRepository: boolean } {
  let cwd: string;
  try {
    cwd = realpathSync(folder);
    if (!statSync(cwd).isDirectory()) throw new Error('a file');
  } catch {
    throw new NoSuchFolderError(folder);
  }
  let root = cwd;
  while (!existsSync(join(root, '.git')) && dirname(root) !== root) root = dirname(root);
  const holdsHome = `${homedir()}${sep}`.startsWith(`${root}${sep}`);
  const isRepository = existsSync(join(root, '.git')) && !holdsHome;
  return { root: isRepository ? root : cwd, cwd, isRepository };
}
