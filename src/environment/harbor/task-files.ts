import type { Stats } from 'node:fs';
import { readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { HarborTaskError } from './error.ts';

/** No instruction or configuration that a person wrote comes near. */
const MAX_TEXT_BYTES = 4 * 1024 * 1024;
const MAX_ENTRIES = 200_000;

/** A file, folder or symbolic link below a task's folder; its path is relative, with slashes. */
export interface TaskEntry {
  path: string;
  kind: 'file' | 'folder' | 'link';
}

/**
 * Reads a text as Harbor does: UTF-8, any line ending as a line feed. A byte order mark is left out.
 *
 * @throws HarborTaskError for what is no file, too large, not UTF-8, or holds a NUL
 */
export async function readTaskText(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    const found = await stat(path);
    // A pipe of that name would be waited for without end.
    if (!found.isFile()) throw new HarborTaskError(path, 'is not a file');
    if (found.size > MAX_TEXT_BYTES) {
      throw new HarborTaskError(
        path,
        `has ${found.size} bytes, and ${MAX_TEXT_BYTES} is the most that is read`,
      );
    }
    bytes = await readFile(path);
  } catch (error) {
    throw asTaskError(error, path);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new HarborTaskError(path, 'is not UTF-8');
  }
  if (text.includes('\0')) throw new HarborTaskError(path, 'holds a NUL character');
  return text.replace(/\r\n?/g, '\n');
}

/** What is at a path, links followed, or undefined where nothing is. @throws HarborTaskError */
export async function statIfAny(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw asTaskError(error, path);
  }
}

/** The path, where it is a file. @throws HarborTaskError */
export async function fileIfAny(path: string): Promise<string | undefined> {
  return (await statIfAny(path))?.isFile() ? path : undefined;
}

/** The path, where it is a folder. @throws HarborTaskError */
export async function folderIfAny(path: string): Promise<string | undefined> {
  return (await statIfAny(path))?.isDirectory() ? path : undefined;
}

/**
 * Everything below a folder, in the order of the paths' bytes. Links are not followed.
 *
 * @param root the folder's real path
 * @throws HarborTaskError for a link that leads out of the folder, and for pipes, sockets and devices
 */
export async function walkTaskFolder(root: string): Promise<TaskEntry[]> {
  const entries: TaskEntry[] = [];
  const pending = [''];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const found = await readdir(join(root, folder), { withFileTypes: true }).catch((error) => {
      throw asTaskError(error, join(root, folder));
    });
    for (const one of found) {
      const path = folder === '' ? one.name : `${folder}/${one.name}`;
      if (one.isSymbolicLink()) await checkLink(root, join(root, path));
      else if (one.isDirectory()) pending.push(path);
      else if (!one.isFile()) throw new HarborTaskError(join(root, path), 'is neither a file nor a folder');
      entries.push({ path, kind: one.isSymbolicLink() ? 'link' : one.isDirectory() ? 'folder' : 'file' });
      if (entries.length > MAX_ENTRIES) {
        throw new HarborTaskError(root, `holds more than ${MAX_ENTRIES} files and folders`);
      }
    }
  }
  const keyed = entries.map((entry) => ({ entry, key: Buffer.from(entry.path) }));
  return keyed.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ entry }) => entry);
}

async function checkLink(root: string, link: string): Promise<void> {
  let target: string;
  try {
    target = await realpath(link);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw asTaskError(error, link);
    // It leads nowhere yet; it must not lead out once something is there.
    target = resolve(dirname(link), await readlink(link));
  }
  if (target !== root && !target.startsWith(root + sep)) {
    throw new HarborTaskError(link, 'is a symbolic link that leads out of the task');
  }
}

/** An error of the file system, said of the path that it is about. */
export function asTaskError(error: unknown, path: string): HarborTaskError {
  if (error instanceof HarborTaskError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new HarborTaskError(path, `cannot be read (${code ?? message})`);
}
