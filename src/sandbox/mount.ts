/** Something that stands in the file system of a sandbox. */
export type Mount =
  | { /** A folder or file of the host. */ source: string; target: string; writable?: boolean }
  /** An empty folder that is forgotten with the command; `bytes` bounds it. */
  | { target: string; empty: true; bytes?: number };

/** The arguments of bubblewrap for mounts, in order: later ones cover earlier ones. */
export function mountArguments(mounts: readonly Mount[]): string[] {
  return mounts.flatMap((mount) => {
    if ('source' in mount) return [mount.writable ? '--bind' : '--ro-bind', mount.source, mount.target];
    return [...(mount.bytes === undefined ? [] : ['--size', String(mount.bytes)]), '--tmpfs', mount.target];
  });
}
