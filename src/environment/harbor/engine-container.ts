import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { ContainerEngine, ExecOptions, ExecResult, Mount } from '../../sandbox/index.ts';
import { type Container, type ContainerOptions, workdirOf } from './container.ts';
import { OWNER_LABEL } from './engine.ts';
import type { EngineImage } from './engine-image.ts';
import { isHook, isProgram, PROGRAM_FOLDERS } from './guard-programs.ts';

/** In the folder of a container, its id. */
const ID = 'container-id';

export interface EngineContainerOptions extends ContainerOptions {
  online: boolean;
  memoryMegabytes?: number;
  cpus?: number;
  user?: string | number;
}

/** A container of Docker or Podman. Who runs in it cannot reach the engine, nor what the task does not mount. */
export class EngineContainer implements Container {
  readonly workdir: string;
  readonly root: string;
  readonly #engine: ContainerEngine;
  readonly #id: string;
  readonly #options: EngineContainerOptions;
  /** An image that was made for this container alone. */
  readonly #own: string | undefined;
  #isStopped = false;

  private constructor(image: EngineImage, id: string, options: EngineContainerOptions, own?: string) {
    this.#engine = image.engine;
    this.#id = id;
    this.#options = options;
    this.#own = own;
    this.workdir = workdirOf(image);
    this.root = join(options.folder, 'work');
  }

  /** @throws ContainerEngineError */
  static async open(image: EngineImage, options: EngineContainerOptions): Promise<EngineContainer> {
    const { engine } = image;
    const { folder, env, over, work, keep, mounts = [], online, limits, memoryMegabytes, cpus } = options;
    const root = join(folder, 'work');
    if (keep) {
      const container = new EngineContainer(image, await idIn(folder), options);
      container.#isStopped = true;
      return container;
    }
    await mkdir(root, { recursive: true, mode: 0o755 });
    const own = over === undefined ? undefined : (await engine.call(['commit', await idIn(over)])).trim();
    const workdir = workdirOf(image);
    const id = await engine.create({
      image: own ?? image.id,
      env: { TERM: 'dumb', ...env },
      online,
      labels: { [OWNER_LABEL]: String(process.pid) },
      mounts: [
        // By either name: agents are told the one of the host.
        ...[workdir, root].map((target) => ({ source: root, target, writable: true })),
        ...mounts.filter((mount) => 'source' in mount),
      ],
      ...(limits?.processes !== undefined && { processes: limits.processes }),
      ...(memoryMegabytes !== undefined && { memoryMegabytes }),
      ...(cpus !== undefined && { cpus }),
    });
    await writeFile(join(folder, ID), id);
    const container = new EngineContainer(image, id, options, own);
    if (work !== undefined) await cp(work, root, { recursive: true, verbatimSymlinks: true, mode: 2 });
    else if (over === undefined)
      await withPristine(image, (pristine) => engine.copyOut(pristine, `${workdir}/.`, root));
    await container.#handOver();
    return container;
  }

  async exec(command: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    if (this.#isStopped) await this.#engine.call(['start', this.#id]);
    this.#isStopped = false;
    const { limits, user, folder } = this.#options;
    try {
      return await this.#engine.exec(this.#id, command, {
        ...(limits?.bytes !== undefined && { limits: { bytes: limits.bytes, folders: [folder] } }),
        ...(user !== undefined && { user }),
        cwd: this.workdir,
        ...options,
      });
    } finally {
      await this.#handOver();
    }
  }

  /** Root of a container whose engine is root's leaves files that this user could not remove. */
  async #handOver(): Promise<void> {
    const uid = process.getuid?.() ?? 0;
    if (uid === 0 || this.#engine.rootless) return;
    const owner = `${uid}:${process.getgid?.() ?? 0}`;
    const command = ['/bin/sh', '-c', 'chown -Rh "$1" "$2" /logs 2>/dev/null; :', 'sh', owner, this.workdir];
    await this.#engine.call(['exec', '--user', '0', this.#id, ...command]).catch(() => {});
  }

  async dispose(): Promise<void> {
    if (this.#own === undefined) {
      if (!this.#isStopped) await this.#engine.call(['stop', '--time', '0', this.#id]).catch(() => {});
      this.#isStopped = true;
      return;
    }
    await remove(this.#engine, this.#id);
    await this.#engine.call(['rmi', '--force', this.#own]).catch(() => {});
  }
}

async function idIn(folder: string): Promise<string> {
  return (await readFile(join(folder, ID), 'utf8')).trim();
}

/** Removes the container of a folder, where it has one. */
export async function removeContainer({ engine }: EngineImage, folder: string): Promise<void> {
  const id = await idIn(folder).catch(() => undefined);
  if (id !== undefined) await remove(engine, id);
}

async function remove(engine: ContainerEngine, id: string): Promise<void> {
  await engine.call(['rm', '--force', '--volumes', id]).catch(() => {});
}

/** A container as the image has it, that never runs. */
async function withPristine<T>(
  { engine, id }: EngineImage,
  work: (container: string) => Promise<T>,
): Promise<T> {
  const label = ['--label', `${OWNER_LABEL}=${process.pid}`];
  const pristine = (await engine.call(['create', ...label, '--network', 'none', id, '/bin/true'])).trim();
  try {
    return await work(pristine);
  } finally {
    await remove(engine, pristine);
  }
}

/**
 * What has to be mounted over the changes of a container for the verifier's own programs to be those of the image: a
 * program in place of one that was there, preloaded libraries, start-up hooks.
 *
 * @param folder of the container that was changed
 * @param scratch takes what the image has there
 */
export async function guardMounts(
  image: EngineImage,
  folder: string,
  scratch: string,
): Promise<{ taken: string[]; mounts: Mount[] }> {
  const { engine } = image;
  const changes = (await engine.changes(await idIn(folder))).filter(
    ({ path }) => startsUnasked(path) || isProgram(below(path)),
  );
  if (changes.length === 0) return { taken: [], mounts: [] };
  const taken: string[] = [];
  const mounts: Mount[] = [];
  await mkdir(scratch, { recursive: true });
  await withPristine(image, async (pristine) => {
    for (const { kind, path } of changes) {
      const source = join(scratch, String(mounts.length));
      const had = kind !== 'added' && (await engine.copyOut(pristine, path, source));
      if (!had && !startsUnasked(path) && !(await shadows(engine, pristine, path, scratch))) continue;
      taken.push(path);
      mounts.push({ source: had ? source : '/dev/null', target: path });
    }
  });
  return { taken: taken.sort(), mounts };
}

/** A path as it is below its folder of the system. */
function below(path: string): string {
  return path.replace(/^\/(?:(?:usr|etc|opt)\/)?/, '');
}

function startsUnasked(path: string): boolean {
  return isHook(below(path)) || isHook(path.slice(1));
}

/** A new program may have the name of one that comes later on the PATH. */
async function shadows(
  engine: ContainerEngine,
  pristine: string,
  path: string,
  scratch: string,
): Promise<boolean> {
  const name = posix.basename(path);
  for (const folder of PROGRAM_FOLDERS)
    if (await engine.copyOut(pristine, posix.join(folder, name), join(scratch, 'shadowed'))) return true;
  return false;
}
