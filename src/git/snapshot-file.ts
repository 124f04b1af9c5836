import type { Stats } from 'node:fs';

/** A file of a snapshot: its kind and rights as git writes them, and the id of its content. */
export interface SnapshotFile {
  mode: '100644' | '100755' | '120000';
  blob: string;
}

/** What became of one path between two snapshots; null where it is not there. */
export interface SnapshotChange {
  path: string;
  before: SnapshotFile | null;
  after: SnapshotFile | null;
}

/** Git knows one right only; who may read is as it was, and for a file that is made again as git would have it. */
export function rightsFor(mode: SnapshotFile['mode'], there: Stats | undefined): number {
  const rights = there?.isFile() ? there.mode & 0o666 : 0o644;
  return mode === '100755' ? rights | ((rights & 0o444) >> 2) : rights;
}

/** What keeps bytes as they are, whatever is configured. */
export const SETTINGS = [
  'core.autocrlf=false',
  'core.safecrlf=false',
  'core.looseCompression=0',
  'core.bare=false',
  'core.untrackedCache=false',
  'core.fileMode=true',
  'advice.addEmbeddedRepo=false',
].flatMap((setting) => ['-c', setting]);

export function fileOf(mode: string, blob: string): SnapshotFile | null {
  return mode === '100644' || mode === '100755' || mode === '120000' ? { mode, blob } : null;
}

export function same(a: SnapshotFile | null, b: SnapshotFile | null): boolean {
  return a?.blob === b?.blob && a?.mode === b?.mode;
}

/** An exclude pattern that means one path, whatever characters it has. */
export function literalPattern(path: string): string {
  // A line end cannot be written there; any one character stands for it.
  return `/${path
    .replace(/[\\*?[\]!#]/g, '\\$&')
    .replace(/[\n\r]/g, '?')
    .replace(/ $/, '\\ ')}`;
}
