import { workspaceAround } from '../agent/index.ts';
import { listWorktrees } from '../config/index.ts';

/** The repository of a folder, also where the folder is in one of its worktrees. */
export async function repositoryHere(folder = '.'): Promise<string> {
  const { root } = workspaceAround(folder);
  return (await listWorktrees()).find(({ path }) => path === root)?.root ?? root;
}
