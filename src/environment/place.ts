import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Where an environment keeps what it makes, and what it may do. */
export interface Place {
  /** Kino's home folder. */
  home: string;
  /** Hosts that installing dependencies may reach besides the package registries. */
  allowHosts?: readonly string[];
  /** What a run of tests may use up. */
  limits?: { processes?: number; bytes?: number };
  signal?: AbortSignal;
}

/** A new folder for work that ends with this process; what killed processes leave is swept by their number. */
export async function scratchFolder({ home }: Place): Promise<string> {
  const folder = join(home, 'workspaces', `${process.pid}-${randomBytes(8).toString('hex')}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Removes a folder whatever its permissions. Never fails: what cannot be removed must not cost a score. */
export async function removeFolder(folder: string): Promise<void> {
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  await remove()
    // Module caches and hostile programs leave folders that may not be written.
    .catch(() => makeWritable(folder).then(remove))
    .catch((error: Error) => process.emitWarning(`${folder} could not be removed: ${error.message}`));
}

async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(folder, entry.name));
  }
}
