import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { git, type TreeStore } from '../../git/index.ts';

/** The same for everybody, so that the same tree gives the same commit. */
const IDENTITY = {
  GIT_AUTHOR_NAME: 'kino',
  GIT_AUTHOR_EMAIL: 'kino@localhost',
  GIT_COMMITTER_NAME: 'kino',
  GIT_COMMITTER_EMAIL: 'kino@localhost',
  GIT_AUTHOR_DATE: '2020-01-01T00:00:00Z',
  GIT_COMMITTER_DATE: '2020-01-01T00:00:00Z',
};

/**
 * Writes a tree into a folder with a history of its own, one commit: what the tree was made from is nowhere.
 *
 * @param folder what it has of a repository goes
 * @returns the commit's id
 */
export async function startOver(store: TreeStore, tree: string, folder: string): Promise<string> {
  await store.checkOut(tree, folder);
  await rm(join(folder, '.git'), { recursive: true, force: true });
  const run = (...args: string[]) => git(folder, args, { alone: true, env: IDENTITY });
  await run('init', '--quiet', '--template=', '--initial-branch=main');
  await run('config', 'core.logAllRefUpdates', 'false');
  await run('add', '--all', '--force');
  await run('commit', '--quiet', '--no-verify', '--message', 'The state to start from.');
  return run('rev-parse', 'HEAD');
}
