import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'kino-of-';
let isSwept = false;

/**
 * A new folder for what lasts as long as this process; whoever asked for it removes it. Those of processes that were killed
 * are removed by the next one that asks.
 *
 * @param what a word that tells what is in it
 * @returns its path, short enough for a socket in it
 */
export async function temporaryFolder(what: string): Promise<string> {
  if (!isSwept) void sweep().catch(() => {});
  isSwept = true;
  return mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-${what}-`));
}

async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1] ?? Number.NaN);
    if (!Number.isInteger(pid) || isThere(pid)) continue;
    // What belongs to another user stays: that it cannot be removed is no matter of ours.
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {});
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
