import { join } from 'node:path';
import { z } from 'zod';
import { kinoHome } from './home.ts';
import { readJson, writeJson } from './json-file.ts';

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

/** Writes one down, in the place of one with the same path. @throws ConfigError */
export async function registerWorktree(worktree: Worktree, home: string = kinoHome()): Promise<void> {
  const others = (await listWorktrees(undefined, home)).filter(({ path }) => path !== worktree.path);
  await writeJson(pathOf(home), { worktrees: [...others, worktree] });
}

/** @throws ConfigError */
export async function forgetWorktree(path: string, home: string = kinoHome()): Promise<void> {
  const others = (await listWorktrees(undefined, home)).filter((worktree) => worktree.path !== path);
  await writeJson(pathOf(home), { worktrees: others });
}
