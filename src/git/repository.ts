import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { GitError, NoSuchCommitError, NotARepositoryError } from './errors.ts';
import { git } from './git.ts';

/** A git repository on this machine; bare ones too. */
export interface Repository {
  /** The top of the work tree, or the git directory of a bare repository. Git runs here. */
  path: string;
  /** The folder's name, without `.git`. */
  name: string;
  /** Commits are missing at the far end of the history. */
  shallow: boolean;
}

/**
 * Opens the repository that a path lies in.
 *
 * @throws NotARepositoryError @throws GitMissingError
 */
export async function openRepository(path: string): Promise<Repository> {
  const start = resolve(path);
  const found = await stat(start).catch(() => undefined);
  if (!found?.isDirectory())
    throw new NotARepositoryError(start, found ? 'it is a file' : 'there is no such folder');
  let answers: string[];
  try {
    answers = (
      await git(start, ['rev-parse', '--is-bare-repository', '--is-shallow-repository', '--absolute-git-dir'])
    ).split('\n');
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const why = /dubious ownership/.test(error.stderr) ? 'git refuses it, because another user owns it' : '';
    throw new NotARepositoryError(start, why);
  }
  const [bare, shallow, gitDir] = answers as [string, string, string];
  const top =
    bare === 'true' ? gitDir : await git(start, ['rev-parse', '--show-toplevel']).catch(() => gitDir);
  return { path: top || gitDir, name: nameOf(top || gitDir), shallow: shallow === 'true' };
}

function nameOf(path: string): string {
  const last = basename(path);
  const name = last === '.git' || last === 'repo' || last === 'repo.git' ? basename(dirname(path)) : last;
  return name.replace(/\.git$/, '') || 'repository';
}

/** Where a repository keeps its objects: the folders that hold its past and its future. */
export async function storageOf(repository: Repository): Promise<string[]> {
  const common = await git(repository.path, ['rev-parse', '--path-format=absolute', '--git-common-dir']);
  return [repository.path, common];
}

/**
 * The full id of the commit that a revision names.
 *
 * @throws NoSuchCommitError
 */
export async function resolveCommit(repository: Pick<Repository, 'path'>, revision: string): Promise<string> {
  try {
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
    const id = await git(repository.path, args);
    // `^HEAD` verifies as well, but it excludes a commit instead of naming one.
    if (/^[0-9a-f]+$/.test(id)) return id;
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
  }
  throw new NoSuchCommitError(revision, repository.path);
}

/** What stays the same of a repository wherever it is cloned: a hash of its first commits, 16 hex digits. */
export async function repositoryIdentity(repository: Repository, commit: string): Promise<string> {
  const roots = await git(repository.path, ['rev-list', '--max-parents=0', commit]);
  return createHash('sha256').update(roots.split('\n').sort().join('\n')).digest('hex').slice(0, 16);
}
