import { join } from 'node:path';
import { z } from 'zod';
import { kinoHome } from './home.ts';
import { readJson, updateJson } from './json-file.ts';

const worktreeSchema = z.strictObject({
  name: z.string(),
  path: z.string(),
  /** The repository that it belongs to. */
  root: z.string(),
  branch: z.string(),
  /** The first of its ports. */
  port: z.int(),
  at: z.string(),
});
const fileSchema = z.strictObject({ worktrees: z.array(worktreeSchema) });

/** A worktree that Kino has made. */
export type Worktree = z.infer<typeof worktreeSchema>;

const pathOf = (home: string) => join(home, 'worktrees.json');

/** The worktrees that Kino has made, those of one repository where it is named. @throws ConfigError */
export async function listWorktrees(root?: string, home: string = kinoHome()): Promise<Worktree[]> {
  const all = (await readJson(pathOf(home), fileSchema))?.worktrees ?? [];
  return root === undefined ? all : all.filter((worktree) => worktree.root === root);
}

/**
 * Writes a worktree down, in the place of one with the same path.
 *
 * @param make gets those that are there, for a port that none of them has
 * @throws ConfigError
 */
export async function registerWorktree(
  make: (all: readonly Worktree[]) => Worktree,
  home: string = kinoHome(),
): Promise<Worktree> {
  return updateJson(pathOf(home), fileSchema, (file) => {
    const all = file?.worktrees ?? [];
    const result = make(all);
    return { value: { worktrees: [...all.filter(({ path }) => path !== result.path), result] }, result };
  });
}

/** @throws ConfigError */
export async function forgetWorktree(path: string, home: string = kinoHome()): Promise<void> {
  await updateJson(pathOf(home), fileSchema, (file) => ({
    value: { worktrees: (file?.worktrees ?? []).filter((worktree) => worktree.path !== path) },
    result: undefined,
  }));
}
