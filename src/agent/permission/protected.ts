import { relative, sep } from 'node:path';
import { kinoHome } from '../../config/index.ts';

/** Names whose content other programs run or obey: nobody but the person lets an agent write there. */
export const PROTECTED_NAMES = [
  '.git',
  '.kino',
  '.claude',
  '.agents',
  '.cursor',
  '.husky',
  '.vscode',
  '.idea',
  '.mcp.json',
  '.envrc',
  'kino.config.ts',
];

const INVISIBLE = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/** The protected part of an absolute path, as a person would name it, or undefined. */
export function protectedPart(path: string, root: string): string | undefined {
  const home = kinoHome();
  const isIn = (folder: string, name: string) => name === folder || name.startsWith(folder + sep);
  // Worktrees and rollouts have their workspaces there; they are no part of what Kino keeps.
  const isWorkspace = isIn(home, root) && isIn(root, path);
  if (isIn(home, path) && !isWorkspace) return 'the home folder of Kino';
  // On some file systems names mean the same that differ in case, or in characters that nobody sees.
  const parts = relative(root, path).replace(INVISIBLE, '').toLowerCase().split(sep);
  return PROTECTED_NAMES.find((name) => parts.includes(name));
}
