import { lstatSync, readdirSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** What a command may use up before it is ended. */
export interface Limits {
  /** Processes at once. */
  processes?: number;
  /** Bytes in `folders`. */
  bytes?: number;
  /** The folders that it can write. */
  folders?: readonly string[];
}

const INTERVAL_MS = 100;
/** Of disk that others may use meanwhile, before the folders are looked at. */
const SLACK = 0.5;

/**
 * Watches what a process tree uses up. Kernel limits would be better, and are not there for everybody: no quota for a
 * folder, none of processes for root.
 *
 * @param pid the process at the top
 * @param onExceeded called once
 * @returns ends the watch
 */
export function watchLimits(
  pid: number,
  { processes, bytes, folders = [] }: Limits,
  onExceeded: (what: 'processes' | 'disk') => void,
): () => void {
  const free = freeBytes(folders);
  const check = () => {
    let exceeded: 'processes' | 'disk' | undefined;
    if (processes !== undefined && countBelow(pid, processes + 1) > processes) exceeded = 'processes';
    else if (
      bytes !== undefined &&
      free - freeBytes(folders) > bytes * SLACK &&
      bytesIn(folders, bytes) > bytes
    )
      exceeded = 'disk';
    if (exceeded === undefined) return;
    clearInterval(timer);
    onExceeded(exceeded);
  };
  const timer = setInterval(check, INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** The processes below one, counted up to a bound. */
function countBelow(pid: number, most: number): number {
  const open = [pid];
  let count = 0;
  for (let at = open.pop(); at !== undefined && count < most; at = open.pop()) {
    count++;
    try {
      for (const task of readdirSync(`/proc/${at}/task`))
        for (const child of readFileSync(`/proc/${at}/task/${task}/children`, 'utf8').split(' '))
          if (child !== '') open.push(Number(child));
    } catch {
      // It has ended meanwhile.
    }
  }
  return count;
}

function freeBytes(folders: readonly string[]): number {
  let free = 0;
  for (const folder of folders) {
    try {
      const { bavail, bsize } = statfsSync(folder);
      free += bavail * bsize;
    } catch {
      // Gone, and nothing in it.
    }
  }
  return free;
}

/** What files take up, counted up to a bound; links are not followed. */
function bytesIn(folders: readonly string[], most: number): number {
  const open = [...folders];
  let bytes = 0;
  for (let folder = open.pop(); folder !== undefined && bytes <= most; folder = open.pop()) {
    try {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) open.push(path);
        else bytes += lstatSync(path).blocks * 512;
      }
    } catch {
      // Not readable, or gone.
    }
  }
  return bytes;
}
