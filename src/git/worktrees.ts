import { readFile, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { GitError } from './errors.ts';
import { git } from './git.ts';

/**
 * Adds a worktree on a new branch. No hook of the repository runs.
 *
 * @param base the id of the commit that it starts from
 * @param env `withoutFilters`, where the repository is not trusted
 * @throws GitError
 */
export async function addWorktree(
  root: string,
  path: string,
  branch: string,
  base: string,
  env: Record<string, string> = {},
): Promise<void> {
  if (!/^[0-9a-f]{7,64}$/.test(base)) throw new Error(`${base} is no commit id`);
  for (let attempt = 1; ; attempt++) {
    try {
      await git(root, ['worktree', 'add', '--quiet', '-b', branch, '--', path, base], { env });
      return;
    } catch (error) {
      // Git reads what another process is writing about a worktree of its own just then; nothing was made yet.
      const isOther = error instanceof GitError && OF_ANOTHER.test(error.stderr);
      if (!isOther || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50 * attempt));
    }
  }
}

const OF_ANOTHER = /failed to read .*worktrees\/[^/]+\/(?:commondir|gitdir|HEAD)|could not lock config file/;
const ATTEMPTS = 6;

/**
 * Files of a worktree that are changed or new and not committed. Git is not asked about the files of repositories
 * inside it: it would obey their configuration, which whoever worked there may have written.
 *
 * @param env `withoutFilters`, where the repository is not trusted
 * @throws GitError
 */
export async function uncommittedIn(path: string, env: Record<string, string> = {}): Promise<string[]> {
  const args = ['status', '--porcelain', '-z', '--no-renames', '--ignore-submodules=dirty'];
  const status = await git(path, args, { env });
  return status.split('\0').flatMap((entry) => (entry === '' ? [] : [entry.slice(3)]));
}

/**
 * Removes a worktree with everything in it that is not committed. Its branch goes where nothing of it would be lost.
 *
 * @returns whether the branch is gone as well
 * @throws GitError
 */
export async function removeWorktree(root: string, path: string, branch: string): Promise<boolean> {
  await git(root, ['worktree', 'remove', '--force', '--', path]);
  // A pattern for branches is without the folder that they all lie in.
  const others = ['--not', `--exclude=${branch}`, '--branches', '--remotes', '--tags'];
  const only = await git(root, ['rev-list', '--count', `refs/heads/${branch}`, ...others]);
  if (only !== '0') return false;
  await git(root, ['branch', '--quiet', '-D', '--', branch]);
  return true;
}

/**
 * The git directory that a linked worktree shares with its repository; undefined for a folder that has its own or none.
 * Nothing is run.
 */
export async function sharedGitDir(root: string): Promise<string | undefined> {
  const link = await readFile(join(root, '.git'), 'utf8').catch(() => undefined);
  const gitDir = /^gitdir: (.+)$/m.exec(link ?? '')?.[1];
  if (gitDir === undefined) return undefined;
  const own = resolve(root, gitDir);
  const common = await readFile(join(own, 'commondir'), 'utf8').catch(() => undefined);
  if (common === undefined) return undefined;
  // What a file in the workspace says may be a lie, and so may what it leads to: the repository must know this
  // worktree, and be where git itself keeps what it knows of it.
  const back = await readFile(join(own, 'gitdir'), 'utf8').catch(() => '');
  if (resolve(own, back.trim()) !== join(root, '.git')) return undefined;
  const [real, shared] = await Promise.all([realOf(own), realOf(resolve(own, common.trim()))]);
  return shared !== undefined && real !== undefined && dirname(real) === join(shared, 'worktrees')
    ? shared
    : undefined;
}

function realOf(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined);
}
