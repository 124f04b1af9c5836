import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'kino-of-';
const MIN_AGE_MS = 60 * 60 * 1000;
let isSwept = false;

/**
 * A new folder for what lasts as long as this process; whoever asked for it removes it. Those of processes that were killed
 * are removed by a later one.
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
    const path = join(tmpdir(), name);
    if (!Number.isInteger(pid) || isThere(pid) || !(await isLeft(path))) continue;
    await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

/**
 * Whether a folder is one of this user's own, that nobody else could put anything into, and was not touched for long: a
 * process may have another number where it lives.
 */
async function isLeft(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  const isOwn = found?.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
  return isOwn === true && Date.now() - found!.mtimeMs > MIN_AGE_MS;
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
