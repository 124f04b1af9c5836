import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ExecOptions,
  type ExecResult,
  type Jail,
  type Layers,
  type Mount,
  openJail,
} from '../../sandbox/index.ts';
import { type Container, type ContainerOptions, workdirOf } from './container.ts';
import type { LayeredImage } from './layered-image.ts';

/** A container without Docker: the layers of an image, and over them one of its own. */
export class LayeredContainer implements Container {
  readonly workdir: string;
  readonly root: string;
  readonly #image: LayeredImage;
  readonly #options: ContainerOptions;
  readonly #jails: Jail[] = [];

  private constructor(image: LayeredImage, options: ContainerOptions) {
    this.#image = image;
    this.#options = options;
    this.workdir = workdirOf(image);
    this.root = join(options.folder, 'work');
  }

  /** @throws SandboxUnavailableError @throws SandboxFailedError */
  static async open(image: LayeredImage, options: ContainerOptions): Promise<LayeredContainer> {
    const container = new LayeredContainer(image, options);
    const { root, workdir } = container;
    await mkdir(root, { recursive: true, mode: 0o755 });
    if (options.keep) return container;
    if (options.work !== undefined) {
      await cp(options.work, root, { recursive: true, verbatimSymlinks: true, mode: 2 });
      return container;
    }
    // What the image has in its working folder is copied to where the folder is plain.
    const copy = 'if [ -d "$1" ]; then cp -RPp "$1"/. /.work/; fi';
    const mount = { source: root, target: '/.work', writable: true };
    if (image.layers.lowers.length > 0)
      await container.#run(['sh', '-c', copy, 'sh', workdir], [mount], { cwd: '/' });
    return container;
  }

  get #layers(): Layers {
    const { folder, over } = this.#options;
    const { folders, lowers } = this.#image.layers;
    return {
      folders,
      lowers: [...lowers, ...(over === undefined ? [] : [upperOf(over)])],
      upper: upperOf(folder),
      scratch: join(folder, 'scratch'),
    };
  }

  async #run(command: readonly string[], more: readonly Mount[], options: ExecOptions): Promise<ExecResult> {
    const { env, network, mounts = [], folder, limits } = this.#options;
    const jail = await openJail({
      layers: this.#layers,
      mounts: [...more, ...mounts],
      env: { LANG: 'C.UTF-8', TERM: 'dumb', ...this.#image.env, ...env },
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

  exec(command: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    // By either name: agents are told the one of the host.
    const work = [this.workdir, this.root].map((target) => ({ source: this.root, target, writable: true }));
    return this.#run(command, work, { cwd: this.workdir, ...options });
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#jails.map((jail) => jail.dispose()));
  }
}

/** Where a container's changes outside of its working folder lie. */
export function upperOf(folder: string): string {
  return join(folder, 'upper');
}
