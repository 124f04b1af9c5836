import { lstat, readdir, rename, rm, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAlive } from '../thread/index.ts';
import { removeFolder } from './place.ts';

/** What environments keep in Kino's home folder, so that nothing is made twice. All of it can be made again. */
export const CACHES = {
  setups: 'installed dependencies',
  images: 'images of Harbor’s tasks',
  downloads: 'what package managers downloaded',
  trees: 'what was composed of repositories’ files',
  runs: 'results of test runs',
  workspaces: 'what killed processes left',
} as const;
export type CacheName = keyof typeof CACHES;

/** One thing that is kept. */
export interface Cached {
  cache: CacheName;
  path: string;
  bytes: number;
  usedAt: Date;
}

/** The file of an entry that tells when it was used, where it is a folder. */
const USED: Partial<Record<CacheName, string>> = {
  setups: 'setup.json',
  images: 'image.json',
  trees: 'objects/info/alternates',
};

/** Writes down that something is used now. Never fails: a home that cannot be written can be read. */
export async function markUsed(file: string): Promise<void> {
  const now = new Date();
  await utimes(file, now, now).catch(() => {});
}

/** What is kept, in no order; of workspaces those that nobody works in. */
export async function* listCached(home: string): AsyncGenerator<Cached> {
  for (const cache of Object.keys(CACHES) as CacheName[]) {
    const folder = join(home, cache);
    for (const name of await namesIn(folder)) {
      const path = join(folder, name);
      if (cache === 'workspaces') {
        if (!isLeft(name)) continue;
      } else if (cache === 'runs') {
        for (const file of await namesIn(path)) yield* cached(cache, join(path, file));
        continue;
      }
      yield* cached(cache, path);
    }
  }
}

async function* cached(cache: CacheName, path: string): AsyncGenerator<Cached> {
  const tells = USED[cache];
  const used =
    (tells && (await lstat(join(path, tells)).catch(() => undefined))) ??
    (await lstat(path).catch(() => undefined));
  if (used) yield { cache, path, bytes: await bytesIn(path), usedAt: used.mtime };
}

/** Removes something that is kept: first it is gone for everybody, then it takes no space. */
export async function removeCached({ path }: Cached): Promise<void> {
  const gone = join(dirname(path), `.gone-${process.pid}-${basename(path)}`);
  await rename(path, gone);
  await removeFolder(gone);
}

/** Removes what killed processes left behind. */
export async function sweepWorkspaces(home: string): Promise<void> {
  const folder = join(home, 'workspaces');
  for (const name of await namesIn(folder)) if (isLeft(name)) await removeFolder(join(folder, name));
}

/** Workspaces carry the number of their process. */
function isLeft(name: string): boolean {
  const pid = Number(name.split('-', 1)[0]);
  return Number.isInteger(pid) && pid > 0 && !isAlive(pid);
}

/** Of a folder, without what is being removed; empty where there is none. */
async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const gone = names.filter((name) => name.startsWith('.gone-'));
  // Whoever was removing it may have been killed.
  for (const name of gone)
    if (!isAlive(Number(name.split('-')[1]))) await rm(join(folder, name), { recursive: true, force: true });
  return names.filter((name) => !name.startsWith('.'));
}

/** What a file, or the files of a folder, take up on the disk; of files with several names each name. */
async function bytesIn(path: string): Promise<number> {
  const stat = await lstat(path).catch(() => undefined);
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.blocks * 512;
  const names = await readdir(path).catch(() => []);
  const each = await Promise.all(names.map((name) => bytesIn(join(path, name))));
  return each.reduce((sum, bytes) => sum + bytes, 0);
}
