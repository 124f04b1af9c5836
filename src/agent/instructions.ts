import { join, relative, sep } from 'node:path';
import type { Sandbox } from '../sandbox/index.ts';

/** Tried in this order in each folder; the first that is there is read. */
const NAMES = ['AGENTS.md', 'CLAUDE.md'];
const MAX_BYTES = 32_000;

export interface Instructions {
  path: string;
  text: string;
}

/**
 * The instructions that a repository gives agents: AGENTS.md (or CLAUDE.md) of each folder from the top of the
 * workspace down to the working folder. Together at most 32 kB; what does not fit is cut and said to be cut.
 */
export async function readInstructions(sandbox: Sandbox): Promise<Instructions[]> {
  const steps = relative(sandbox.root, sandbox.cwd)
    .split(sep)
    .filter((part) => part !== '');
  const folders = ['', ...steps.map((_, index) => join(...steps.slice(0, index + 1)))];
  const found: Instructions[] = [];
  let room = MAX_BYTES;
  for (const folder of folders) {
    for (const name of NAMES) {
      const path = join(folder, name);
      const text = await sandbox.read(join(sandbox.root, path)).then(
        (bytes) => bytes.toString('utf8'),
        () => undefined,
      );
      if (text === undefined || text.trim() === '') continue;
      const bytes = Buffer.from(text);
      const kept = bytes.length > room ? `${bytes.toString('utf8', 0, Math.max(0, room))}\n[… cut …]` : text;
      found.push({ path, text: kept });
      room -= bytes.length;
      break;
    }
  }
  return found;
}
