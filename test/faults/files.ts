import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** What a write that was killed leaves beside the file that stays as it was: it is no part of any snapshot. */
const HALF_WRITTEN = /^\.[0-9a-f]{12}\.kino$/;

/** Every file below a folder, `.git` included, with a hash of what it holds. */
export function filesOf(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (entry.isDirectory() || HALF_WRITTEN.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = entry.isSymbolicLink() ? readlinkSync(path) : readFileSync(path);
    found[path.slice(folder.length + 1)] = createHash('sha1').update(bytes).digest('hex');
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}
