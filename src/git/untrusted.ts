import { lstat, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { NotARepositoryError } from './errors.ts';
import { git } from './git.ts';
import { sharedGitDir } from './worktrees.ts';

/**
 * What keeps git from running programs that a configuration names for files, whichever file of it does: each filter's
 * setting is overridden, by its exact name.
 */
export async function withoutFilters(root: string): Promise<Record<string, string>> {
  const pattern = '^filter\\..*\\.(clean|smudge|process|required)$';
  const names = await git(root, ['config', '--includes', '--name-only', '-z', '--get-regexp', pattern]).catch(
    () => '',
  );
  const settings = [...new Set(names.split('\0').filter(Boolean))];
  return Object.fromEntries([
    ['GIT_CONFIG_COUNT', String(settings.length)],
    ...settings.flatMap((name, at) => [
      [`GIT_CONFIG_KEY_${at}`, name],
      [`GIT_CONFIG_VALUE_${at}`, name.endsWith('.required') ? 'false' : ''],
    ]),
  ]);
}

/**
 * The environment in which the files of a folder are compared that nobody has vouched for: no filter runs, and the files
 * are those of the folder, whatever its configuration says.
 *
 * @throws NotARepositoryError where the configuration would have other files compared @throws GitError
 */
export async function workTreeEnvironment(root: string): Promise<Record<string, string>> {
  const [top, real, env] = await Promise.all([
    git(root, ['rev-parse', '--show-toplevel']).then((path) => realpath(path)),
    realpath(root),
    withoutFilters(root),
  ]);
  if (!isWithin(top, real))
    throw new NotARepositoryError(root, `its configuration says that its files are those of ${top}`);
  return env;
}

/** Parts of a repository by which it would hold what is elsewhere, were they links. */
const PARTS = [
  'HEAD',
  'config',
  'index',
  'objects',
  'objects/info',
  'objects/pack',
  'packed-refs',
  'refs',
  'refs/heads',
];

/**
 * Whether the repository at a folder is the folder's own, and not one elsewhere that it only points at: what it holds may
 * be nothing that whoever made the folder may read. A work tree is the repository's that names it, a submodule its
 * superproject's.
 */
export async function isOwnRepository(root: string): Promise<boolean> {
  const path = join(root, '.git');
  const found = await lstat(path).catch(() => undefined);
  // A bare repository, or a folder of one.
  if (!found) return isWhole(root);
  if (found.isDirectory()) return isWhole(path);
  if (!found.isFile()) return false;
  if ((await sharedGitDir(root)) !== undefined) return true;
  const gitDir = await git(root, ['rev-parse', '--absolute-git-dir'])
    .then((dir) => realpath(dir))
    .catch(() => undefined);
  if (gitDir === undefined || !(await isWhole(gitDir))) return false;
  // Of a submodule the git directory lies with its superproject's, and not with what anybody checked out.
  const here = await realpath(root);
  if (isWithin(here, gitDir) || !/[\\/]\.git[\\/](?:.*[\\/])?modules[\\/]/.test(gitDir)) return false;
  const back = await git(root, ['config', '--file', join(gitDir, 'config'), 'core.worktree']).catch(() => '');
  if (back === '') return false;
  return (await realpath(resolve(gitDir, back)).catch(() => '')) === here;
}

/** Whether all that a git directory holds is in it. */
async function isWhole(gitDir: string): Promise<boolean> {
  const leads = await Promise.all(
    PARTS.map(async (part) => (await lstat(join(gitDir, part)).catch(() => undefined))?.isSymbolicLink()),
  );
  // Where objects or everything else may be besides.
  const others = await Promise.all(
    ['commondir', 'objects/info/alternates'].map((name) => lstat(join(gitDir, name)).catch(() => undefined)),
  );
  return !leads.includes(true) && others.every((one) => one === undefined);
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (!/^\.\.(?:[\\/]|$)/.test(way) && !isAbsolute(way));
}
