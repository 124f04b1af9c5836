import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Environment,
  type Finding,
  originOf,
  type Place,
  removeFolder,
  type Task,
} from '../environment/index.ts';
import { exportBase, type Repository, storageOf } from '../git/index.ts';
import { type ExecResult, openSandbox, type Sandbox, type SandboxName } from '../sandbox/index.ts';

/** A rollout may use up no more: others run beside it. */
const LIMITS = { processes: 2_000, bytes: 8 * 1024 ** 3 };

/** The workspace of a rollout, made when an agent first asks for it. */
export class RolloutWorkspace {
  readonly #make: (folder: string) => Promise<Sandbox>;
  readonly #folder: string;
  #sandbox: Promise<Sandbox> | undefined;
  readonly #signs = new Map<string, Finding>();

  /**
   * @param home Kino's home folder; workspaces lie in it
   * @param make fills an empty folder
   */
  constructor(home: string, make: (folder: string) => Promise<Sandbox>) {
    this.#make = make;
    this.#folder = join(home, 'workspaces', `${process.pid}-${randomBytes(8).toString('hex')}`);
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
    this.#sandbox ??= this.#open();
    return this.#sandbox;
  }

  async #open(): Promise<Sandbox> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const opened = await this.#make(this.#folder);
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

/**
 * Makes a workspace of a task's base, which knows nothing of what came after it. The repository that it comes from is
 * hidden.
 */
export async function repositoryWorkspace(options: {
  folder: string;
  task: Task;
  environment: Environment;
  repository?: Repository;
  sandbox: SandboxName;
  passEnv?: readonly string[];
  place: Place;
}): Promise<Sandbox> {
  const { folder, task, environment, repository, sandbox, passEnv, place } = options;
  const { base } = originOf(task);
  if (!repository || base === undefined)
    throw new Error('The task has no repository to make a workspace of.');
  await exportBase(repository, base, folder, place.signal);
  const provision = await environment.prepare?.(task, folder, repository, place);
  return openSandbox(sandbox, {
    root: folder,
    hide: await storageOf(repository),
    limits: { ...LIMITS, folders: [folder] },
    reportLeft: true,
    ...(passEnv && { passEnv }),
    ...provision,
  });
}
