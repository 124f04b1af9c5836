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
  const way = relative(top, real);
  if (/^\.\.(?:[\\/]|$)/.test(way) || isAbsolute(way))
    throw new NotARepositoryError(root, `its configuration says that its files are those of ${top}`);
  return env;
}

/**
 * Whether the repository at a folder is the folder's own, and not one elsewhere that it only points at: what it holds may
 * be nothing that whoever made the folder may read.
 */
export async function isOwnRepository(root: string): Promise<boolean> {
  const path = join(root, '.git');
  const found = await lstat(path).catch(() => undefined);
  // A bare repository, or a folder of one.
  if (!found) return true;
  if (found.isDirectory()) return (await lstat(join(path, 'commondir')).catch(() => undefined)) === undefined;
  if (!found.isFile()) return false;
  if ((await sharedGitDir(root)) !== undefined) return true;
  // Of a submodule the git directory lies with its superproject's and leads back.
  const gitDir = await git(root, ['rev-parse', '--absolute-git-dir']).catch(() => undefined);
  if (gitDir === undefined) return false;
  const back = await git(root, ['config', '--file', join(gitDir, 'config'), 'core.worktree']).catch(() => '');
  if (back === '') return false;
  const [there, here] = await Promise.all([realpath(resolve(gitDir, back)).catch(() => ''), realpath(root)]);
  return there === here;
}
