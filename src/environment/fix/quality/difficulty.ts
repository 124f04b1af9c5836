import { readPatch } from '../patch.ts';

/** How large a gold patch is. */
export function sizeOf(patch: string): { files: number; hunks: number; lines: number } {
  const files = readPatch(patch);
  const hunks = files.flatMap((file) => file.hunks);
  const lines = hunks.reduce((sum, { added, removed }) => sum + added.size + removed.size, 0);
  return { files: files.length, hunks: hunks.length, lines };
}
