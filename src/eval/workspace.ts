import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exportBase, type Repository, storageOf } from '../git/index.ts';
import { openSandbox, type Sandbox, type SandboxName } from '../sandbox/index.ts';
import { isAlive } from '../thread/index.ts';

export interface WorkspaceOptions {
  repository: Repository;
  /** The commit that it starts from, and the last that it knows of. */
  base: string;
  sandbox: SandboxName;
  passEnv?: readonly string[];
  /** Kino's home folder; workspaces lie in it. */
  home: string;
  signal: AbortSignal;
}

/** The workspace of a rollout, made when an agent first asks for it. The repository that it comes from is hidden. */
export class RolloutWorkspace {
  readonly #options: WorkspaceOptions;
  readonly #folder: string;
  #sandbox: Promise<Sandbox> | undefined;

  constructor(options: WorkspaceOptions) {
    this.#options = options;
    this.#folder = join(options.home, 'workspaces', `${process.pid}-${randomBytes(8).toString('hex')}`);
  }

  open(): Promise<Sandbox> {
    this.#sandbox ??= this.#make();
    return this.#sandbox;
  }

  async #make(): Promise<Sandbox> {
    const { repository, base, sandbox, passEnv, signal } = this.#options;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await exportBase(repository, base, this.#folder, signal);
    return openSandbox(sandbox, {
      root: this.#folder,
      hide: await storageOf(repository),
      ...(passEnv && { passEnv }),
    });
  }

  /** Ends what the agent left running. */
  async close(): Promise<void> {
    await this.#sandbox?.then(
      (sandbox) => sandbox.dispose(),
      () => {},
    );
  }

  /** Never fails: a folder that cannot be removed must not cost a score. */
  async remove(): Promise<void> {
    await this.close();
    if (this.#sandbox) await removeTree(this.#folder);
  }
}

/** Removes what killed processes left behind. */
export async function sweepWorkspaces(home: string): Promise<void> {
  const folder = join(home, 'workspaces');
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = Number(name.split('-', 1)[0]);
    if (Number.isInteger(pid) && pid > 0 && !isAlive(pid)) await removeTree(join(folder, name));
  }
}

async function removeTree(folder: string): Promise<void> {
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  await remove()
    // Module caches and hostile agents leave folders that may not be written.
    .catch(() => makeWritable(folder).then(remove))
    .catch((error: Error) => process.emitWarning(`${folder} could not be removed: ${error.message}`));
}

async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(folder, entry.name));
  }
}
