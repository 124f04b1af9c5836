import type { FileHandle } from 'node:fs/promises';
import { isAbsolute, join, posix } from 'node:path';
import {
  type ExecOptions,
  type ExecResult,
  type Mount,
  type Sandbox,
  WorkspaceFiles,
} from '../../sandbox/index.ts';
import type { Image } from './image.ts';

/** Where commands of a container start that has no working folder of its own. */
const NOWHERE = '/workspace';

export interface ContainerOptions {
  /** An empty folder of the host; what is known of the container lies in it, its working folder among it. */
  folder: string;
  env?: Readonly<Record<string, string>>;
  /** The folder of another container, of the same image, whose changes are read and never written. */
  over?: string;
  /** What the working folder holds instead of what the image has there: a folder of the host. */
  work?: string;
  /** The folder is that of a container that was opened before, and goes on. */
  keep?: boolean;
  mounts?: readonly Mount[];
  network?: { allows(host: string): boolean };
  limits?: { processes?: number; bytes?: number };
}

/**
 * What a task runs in. The working folder is a plain folder of the host, so that tools can read and write its files
 * without a command.
 */
export interface Container {
  readonly workdir: string;
  /** Where the working folder lies on the host. */
  readonly root: string;
  /** @param options `cwd` is a path inside */
  exec(command: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Ends what still runs; what was changed stays for who opens it again with `keep`, or `over` it. */
  dispose(): Promise<void>;
}

/** The working folder of containers of an image. */
export function workdirOf({ workdir }: Image): string {
  return workdir === '/' ? NOWHERE : workdir;
}

/** A container as agents see it: the files of its working folder, and commands. */
export function sandboxOf(container: Container): Sandbox {
  const { root, workdir } = container;
  const files = new WorkspaceFiles(root);
  const inside = (path: string): string => {
    if (!isAbsolute(path)) return path;
    const way = posix.relative(workdir, path);
    return way.startsWith('..') ? path : join(root, way);
  };
  return {
    name: 'workspace-write',
    root,
    cwd: root,
    exec: async (command, options = {}) => {
      const cwd = await files.resolve(inside(options.cwd ?? '.'));
      return container.exec(command, {
        ...options,
        cwd: join(workdir, cwd.slice((await files.resolve('.')).length)),
      });
    },
    open: (path): Promise<FileHandle> => files.open(inside(path)),
    read: (path) => files.read(inside(path)),
    write: (path, content) => files.write(inside(path), content),
    resolve: (path) => files.resolve(inside(path)),
    dispose: () => container.dispose(),
  };
}
