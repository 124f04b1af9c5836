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

/** The protected part of an absolute path, as a person would name it, or undefined. */
export function protectedPart(path: string, root: string): string | undefined {
  const home = kinoHome();
  if (path === home || path.startsWith(home + sep)) return 'the home folder of Kino';
  // Names differ in case on some file systems and mean the same.
  const parts = relative(root, path).toLowerCase().split(sep);
  return PROTECTED_NAMES.find((name) => parts.includes(name));
}
