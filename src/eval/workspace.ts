import { randomBytes } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finding, type Provision, removeFolder } from '../environment/index.ts';
import { exportBase, type Repository, storageOf } from '../git/index.ts';
import { type ExecResult, openSandbox, type Sandbox, type SandboxName } from '../sandbox/index.ts';
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
  /** Makes of the base the state that work starts from, and says what else has to be there. */
  prepare?(folder: string): Promise<Provision>;
}

/** A rollout may use up no more: others run beside it. */
const LIMITS = { processes: 2_000, bytes: 8 * 1024 ** 3 };

/** The workspace of a rollout, made when an agent first asks for it. The repository that it comes from is hidden. */
export class RolloutWorkspace {
  readonly #options: WorkspaceOptions;
  readonly #folder: string;
  #sandbox: Promise<Sandbox> | undefined;
  readonly #signs = new Map<string, Finding>();

  constructor(options: WorkspaceOptions) {
    this.#options = options;
    this.#folder = join(options.home, 'workspaces', `${process.pid}-${randomBytes(8).toString('hex')}`);
  }

  /** Where the files are; undefined as long as nobody has asked for them. */
  get folder(): string | undefined {
    return this.#sandbox && this.#folder;
  }

  /** What commands did that is odd, by name. */
  get signs(): Finding[] {
    return [...this.#signs.values()];
  }

  open(): Promise<Sandbox> {
    this.#sandbox ??= this.#make();
    return this.#sandbox;
  }

  async #make(): Promise<Sandbox> {
    const { repository, base, sandbox, passEnv, signal } = this.#options;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await exportBase(repository, base, this.#folder, signal);
    const provision = await this.#options.prepare?.(this.#folder);
    const opened = await openSandbox(sandbox, {
      root: this.#folder,
      hide: await storageOf(repository),
      limits: { ...LIMITS, folders: [this.#folder] },
      reportLeft: true,
      ...(passEnv && { passEnv }),
      ...provision,
    });
    return {
      ...opened,
      exec: (command, options) => opened.exec(command, options).then((result) => this.#note(result)),
    };
  }

  #note(result: ExecResult): ExecResult {
    const sign = (name: string, detail: string) => this.#signs.set(name, { name, detail });
    if (result.exceeded === 'processes')
      sign('too-many-processes', 'a command was ended: it started too many processes');
    if (result.exceeded === 'disk') sign('filled-disk', 'a command was ended: it wrote too much');
    if (result.left)
      sign('left-processes', `a command left ${result.left} processes running; they were ended`);
    return result;
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
    if (this.#sandbox) await removeFolder(this.#folder);
  }
}

/** Removes what killed processes left behind. */
export async function sweepWorkspaces(home: string): Promise<void> {
  const folder = join(home, 'workspaces');
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = Number(name.split('-', 1)[0]);
    if (Number.isInteger(pid) && pid > 0 && !isAlive(pid)) await removeFolder(join(folder, name));
  }
}
