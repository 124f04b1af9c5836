import { lstat, readdir, rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { type Layers, layerName } from '../../sandbox/index.ts';

/** Below `/usr` and the like: programs, what they are linked with, and what interpreters run first. */
const GUARDED =
  /^(?:(?:local\/)?s?bin\/[^/]+|lib(?:64)?\/(?:[^/]+\/)?(?:ld-linux|libc\.so|libc-)[^/]*|(?:local\/)?lib\/python[\d.]+\/[^/]+\.py)$/;
/** What is run or loaded unasked, wherever it is new or changed. */
const HOOK =
  /(?:^|\/)python[\d.]*\/(?:(?:site|dist)-packages\/)?(?:(?:site|user)customize|_?pytest|pluggy)(?:\.py|\/.*)$|(?:site|dist)-packages\/[^/]+\.pth$|^(?:ld\.so\.(?:preload|conf)|ld\.so\.conf\.d\/.*|profile|profile\.d\/.*|environment|bash\.bashrc)$|^root\/\.(?:bashrc|bash_profile|bash_login|profile|pythonrc|npmrc)$/;

/** @param path below a folder of the system, such as `/usr`, or below the root */
export function isHook(path: string): boolean {
  return HOOK.test(path);
}

/** @param path below a folder of the system, such as `/usr` */
export function isProgram(path: string): boolean {
  return GUARDED.test(path);
}

/** Where programs are found, so that a new one may stand before one that was there. */
export const PROGRAM_FOLDERS = ['/usr/bin', '/usr/sbin', '/bin', '/sbin'];

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
      if (!isHook(path) && !(isProgram(path) && host !== undefined && (there || (await shadows(path)))))
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
  for (const folder of PROGRAM_FOLDERS) {
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
