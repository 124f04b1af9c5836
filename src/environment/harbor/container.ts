import type { FileHandle } from 'node:fs/promises';
import { cp, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { isAbsolute, join, posix } from 'node:path';
import {
  type ExecOptions,
  type ExecResult,
  type Jail,
  type Layers,
  layerName,
  type Mount,
  openJail,
  type Sandbox,
  WorkspaceFiles,
} from '../../sandbox/index.ts';
import type { Image } from './image.ts';

/** Where commands of a container start that has no working folder of its own. */
const NOWHERE = '/workspace';

export interface ContainerOptions {
  image: Image;
  /** An empty folder of the host; what the container changes lies in it. */
  folder: string;
  env?: Readonly<Record<string, string>>;
  /** Changes of another container, over those of the image: they are read and never written. */
  lowers?: readonly string[];
  /** What the working folder holds instead of what the image has there: a folder of the host. */
  work?: string;
  /** The folder is that of a container that was opened before, and goes on. */
  keep?: boolean;
  mounts?: readonly Mount[];
  network?: { allows(host: string): boolean };
  limits?: { processes?: number; bytes?: number };
}

/**
 * A container without Docker: the layers of an image, and over them one of its own. The working folder is a plain folder
 * of the host, so that tools can read and write its files without a command.
 */
export class Container {
  readonly workdir: string;
  /** Where the working folder lies on the host. */
  readonly root: string;
  readonly #options: ContainerOptions;
  readonly #jails: Jail[] = [];

  private constructor(options: ContainerOptions, workdir: string, root: string) {
    this.#options = options;
    this.workdir = workdir;
    this.root = root;
  }

  /** @throws SandboxUnavailableError @throws SandboxFailedError */
  static async open(options: ContainerOptions): Promise<Container> {
    const workdir = options.image.workdir === '/' ? NOWHERE : options.image.workdir;
    const root = join(options.folder, 'work');
    await mkdir(root, { recursive: true, mode: 0o755 });
    const container = new Container(options, workdir, root);
    if (options.keep) return container;
    if (options.work !== undefined) {
      await cp(options.work, root, { recursive: true, verbatimSymlinks: true, mode: 2 });
      return container;
    }
    // What the image has in its working folder is copied to where the folder is plain.
    const copy = 'if [ -d "$1" ]; then cp -RPp "$1"/. /.work/; fi';
    const mount = { source: root, target: '/.work', writable: true };
    if (options.image.layers.lowers.length > 0)
      await container.#run(['sh', '-c', copy, 'sh', workdir], [mount], { cwd: '/' });
    return container;
  }

  get layers(): Layers {
    const { image, folder, lowers = [] } = this.#options;
    return {
      folders: image.layers.folders,
      lowers: [...image.layers.lowers, ...lowers],
      upper: join(folder, 'upper'),
      scratch: join(folder, 'scratch'),
    };
  }

  /** The folder with what was changed outside of the working folder. */
  get upper(): string {
    return join(this.#options.folder, 'upper');
  }

  async #run(command: readonly string[], more: readonly Mount[], options: ExecOptions): Promise<ExecResult> {
    const { image, env, network, mounts = [], folder, limits } = this.#options;
    const jail = await openJail({
      layers: this.layers,
      mounts: [...more, ...mounts],
      env: { LANG: 'C.UTF-8', TERM: 'dumb', ...image.env, ...env },
      bareEnv: true,
      asRoot: true,
      ...(network && { network }),
    });
    this.#jails.push(jail);
    try {
      return await jail.exec(command, {
        ...(limits && { limits: { ...limits, folders: [folder] } }),
        ...options,
      });
    } finally {
      await jail.dispose();
      this.#jails.splice(this.#jails.indexOf(jail), 1);
    }
  }

  /** @param options `cwd` is a path inside */
  exec(command: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    // By either name: agents are told the one of the host.
    const work = [this.workdir, this.root].map((target) => ({ source: this.root, target, writable: true }));
    return this.#run(command, work, { cwd: this.workdir, ...options });
  }

  /** The container as agents see it: the files of its working folder, and commands. */
  sandbox(): Sandbox {
    const files = new WorkspaceFiles(this.root);
    const inside = (path: string): string => {
      if (!isAbsolute(path)) return path;
      const way = posix.relative(this.workdir, path);
      return way.startsWith('..') ? path : join(this.root, way);
    };
    return {
      name: 'workspace-write',
      root: this.root,
      cwd: this.root,
      exec: async (command, options = {}) => {
        const cwd = await files.resolve(inside(options.cwd ?? '.'));
        return this.exec(command, {
          ...options,
          cwd: join(this.workdir, cwd.slice((await files.resolve('.')).length)),
        });
      },
      open: (path): Promise<FileHandle> => files.open(inside(path)),
      read: (path) => files.read(inside(path)),
      write: (path, content) => files.write(inside(path), content),
      resolve: (path) => files.resolve(inside(path)),
      dispose: () => this.dispose(),
    };
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#jails.map((jail) => jail.dispose()));
  }
}

/** Below `/usr` and the like: programs, what they are linked with, and what interpreters run first. */
const GUARDED =
  /^(?:(?:local\/)?s?bin\/[^/]+|lib(?:64)?\/(?:[^/]+\/)?(?:ld-linux|libc\.so|libc-)[^/]*|(?:local\/)?lib\/python[\d.]+\/[^/]+\.py)$/;
/** What is run or loaded unasked, wherever it is new or changed. */
const HOOK =
  /(?:^|\/)python[\d.]*\/(?:(?:site|dist)-packages\/)?(?:(?:site|user)customize|_?pytest|pluggy)(?:\.py|\/.*)$|(?:site|dist)-packages\/[^/]+\.pth$|^(?:ld\.so\.(?:preload|conf)|ld\.so\.conf\.d\/.*|profile|profile\.d\/.*|environment|bash\.bashrc)$|^root\/\.(?:bashrc|bash_profile|bash_login|profile|pythonrc|npmrc)$/;

/**
 * Takes out of the changes of a container what would make the verifier's own programs other ones: a program in place of
 * one that the image has, preloaded libraries, start-up hooks.
 *
 * @returns the paths that were taken out
 */
export async function guardPrograms(upper: string, folders: Layers['folders']): Promise<string[]> {
  const taken: string[] = [];
  for (const { target, host } of folders) {
    const layer = join(upper, layerName(target));
    for (const path of await filesIn(layer)) {
      const there =
        host !== undefined && (await lstat(join(host, path)).catch(() => undefined)) !== undefined;
      if (!HOOK.test(path) && !(GUARDED.test(path) && host !== undefined && (there || (await shadows(path)))))
        continue;
      await rm(join(layer, path), { recursive: true, force: true });
      taken.push(join(target, path));
    }
  }
  return taken.sort();
}

/** A new program may have the name of one that comes later on the PATH. */
async function shadows(path: string): Promise<boolean> {
  const name = posix.basename(path);
  for (const folder of ['/usr/bin', '/usr/sbin', '/bin', '/sbin']) {
    const there = await lstat(join(folder, name)).catch(() => undefined);
    if (there) return true;
  }
  return false;
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  // Whiteouts (devices) stand for files that were removed.
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => posix.join(entry.parentPath.slice(folder.length + 1), entry.name));
}
