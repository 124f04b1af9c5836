import { randomBytes } from 'node:crypto';
import {
  constants,
  type FileHandle,
  lstat,
  mkdir,
  open,
  readlink,
  realpath,
  rename,
  rm,
  unlink,
} from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { PathOutsideError } from './errors.ts';

/** A tool that needs more reads by lines. */
const MAX_READ_BYTES = 64 * 1024 * 1024;

/** The files of a workspace, with every way out of it closed. */
export class WorkspaceFiles {
  readonly root: string;
  /** Relative paths start here. */
  readonly cwd: string;
  #realRoot: string | undefined;

  /**
   * @param cwd a folder of the workspace
   * @param options `isReal`: no part of the root was a link when it was looked at, and none may be one later
   */
  constructor(root: string, cwd = root, { isReal = false }: { isReal?: boolean } = {}) {
    this.root = resolve(root);
    this.cwd = resolve(cwd);
    if (isReal) this.#realRoot = this.root;
  }

  /**
   * The real path of something in the workspace, symbolic links followed, whether it exists or not.
   *
   * @throws PathOutsideError
   */
  async resolve(path: string): Promise<string> {
    if (path.includes('\0')) throw new PathOutsideError(JSON.stringify(path));
    this.#realRoot ??= await realpath(this.root);
    const wanted = isAbsolute(path) ? path : join(this.cwd, path);
    const real = await realpathOfNew(wanted);
    if (!isInside(this.#realRoot, real)) throw new PathOutsideError(path);
    return real;
  }

  /**
   * Opens a file to be read, or a folder.
   *
   * @throws PathOutsideError, also where a command that runs has put a link in its way since it was looked up
   */
  async open(path: string): Promise<FileHandle> {
    // Not to wait for a writer that never comes, should it be a pipe.
    const opened = await open(await this.resolve(path), constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      await this.#mustBeInside(opened, path);
      return opened;
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  /** @returns the name by which the system knows what is open, whatever becomes of its path; undefined where there is none */
  async #mustBeInside({ fd }: FileHandle, path: string): Promise<string | undefined> {
    const name = `/proc/self/fd/${fd}`;
    const place = await readlink(name).catch(() => undefined);
    if (place === undefined) return undefined;
    if (!isInside(this.#realRoot!, place)) throw new PathOutsideError(path);
    return name;
  }

  async read(path: string): Promise<Buffer> {
    const file = await this.open(path);
    try {
      const found = await file.stat();
      if (!found.isFile() && !found.isDirectory()) throw new Error(`${path} is no regular file.`);
      if (found.size > MAX_READ_BYTES)
        throw new Error(`${path} is too large to be read whole (${found.size} bytes).`);
      return await file.readFile();
    } finally {
      await file.close();
    }
  }

  async write(path: string, content: string | Buffer): Promise<void> {
    const target = await this.resolve(path);
    await mkdir(dirname(target), { recursive: true });
    await this.#within(target, path, (place) => replace(place, content));
  }

  /** Removes a file. @throws PathOutsideError, and as `unlink` */
  async remove(path: string): Promise<void> {
    await this.#within(await this.resolve(path), path, unlink);
  }

  /** The folder that is open stays the same, should a command put a link in the place of its path. */
  async #within(target: string, path: string, work: (place: string) => Promise<void>): Promise<void> {
    const folder = await open(dirname(target), constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      const within = (await this.#mustBeInside(folder, path)) ?? dirname(target);
      await work(join(within, basename(target)));
    } finally {
      await folder.close();
    }
  }
}

async function replace(target: string, content: string | Buffer): Promise<void> {
  const mode = await lstat(target).then(
    (found) => (found.isSymbolicLink() ? undefined : found.mode & 0o777),
    () => undefined,
  );
  const temporary = join(dirname(target), `.${randomBytes(6).toString('hex')}.kino`);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(content);
      if (mode !== undefined) await file.chmod(mode);
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** `realpath` for a path whose last parts may not exist yet. */
async function realpathOfNew(path: string): Promise<string> {
  const missing: string[] = [];
  for (let at = resolve(path); ; at = dirname(at)) {
    try {
      return join(await realpath(at), ...missing);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if ((code !== 'ENOENT' && code !== 'ENOTDIR') || dirname(at) === at) throw error;
      // A dangling link must not pass as a new file: writing would follow it out.
      const link = await lstat(at).catch(() => undefined);
      if (link?.isSymbolicLink()) throw new PathOutsideError(path);
      missing.unshift(at.slice(dirname(at).length).replace(sep, ''));
    }
  }
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (!way.startsWith(`..${sep}`) && way !== '..' && !isAbsolute(way));
}
