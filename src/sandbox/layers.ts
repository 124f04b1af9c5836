import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Folders in layers, as a container has them: what commands change goes into `upper`, and what they see is that over
 * `lowers` over the host's folder.
 */
export interface Layers {
  /** By their paths inside; `/` is the root, which is empty but for the others. */
  folders: readonly { target: string; host?: string }[];
  /** Folders that hold the changes of others, the lowest first; never written. */
  lowers: readonly string[];
  upper: string;
  /** For the kernel's own files; on the file system of `upper`. */
  scratch: string;
}

/**
 * One folder in layers. Mounted by the kernel's overlay file system in a namespace of the jail's own, which needs
 * neither root nor Docker; each `upper` by one jail at a time.
 */
export interface Overlay {
  target: string;
  /** At least one, the lowest first; never written. */
  lowers: readonly string[];
  upper: string;
  /** For the kernel's own files; on the file system of `upper`, and of this overlay alone. */
  scratch: string;
}

/** Mounts what its arguments say, four for each, up to `--`, and becomes the command behind it. */
const MOUNT =
  'while [ "$1" != -- ]; do mount -t overlay overlay -o "lowerdir=$1,upperdir=$2,workdir=$3,userxattr" "$4" || exit 125; shift 4; done; shift; exec "$@"';

/** The name of a folder in a layer. */
export function layerName(target: string): string {
  return target.replaceAll('%', '%25').replaceAll('/', '%2F');
}

/** Where an overlay is mounted before it goes into a jail. */
export function mergedOf({ scratch }: Overlay): string {
  return join(scratch, 'merged');
}

/** Where a folder of layers is mounted before it goes into a jail. */
export function stageOf({ scratch }: Layers, target: string): string {
  return join(scratch, layerName(target), 'merged');
}

/** What lies below a folder of layers for which the host has nothing. */
export function nothingBelow({ scratch }: Layers, target: string): string {
  return join(scratch, layerName(target), 'nothing');
}

/** Each folder of layers by itself. */
export function overlaysOf(layers: Layers): Overlay[] {
  return layers.folders.map(({ target, host }) => {
    const name = layerName(target);
    const lowers = layers.lowers.map((folder) => join(folder, name)).filter((folder) => existsSync(folder));
    const ground = host !== undefined && existsSync(host) ? host : nothingBelow(layers, target);
    return {
      target,
      lowers: [ground, ...lowers],
      upper: join(layers.upper, name),
      scratch: join(layers.scratch, name),
    };
  });
}

/** Makes the folders that overlays need, and gives the words before a command that mount them; none for none. */
export function mountOverlays(overlays: readonly Overlay[]): string[] {
  if (overlays.length === 0) return [];
  // A colon and a comma separate what the kernel reads.
  const quoted = (path: string) => path.replace(/[\\:,]/g, '\\$&');
  const words = overlays.flatMap((overlay) => {
    const work = join(overlay.scratch, 'work');
    for (const folder of [overlay.upper, work, mergedOf(overlay), ...overlay.lowers])
      mkdirSync(folder, { recursive: true });
    const lowers = [...overlay.lowers].reverse().map(quoted).join(':');
    return [lowers, quoted(overlay.upper), quoted(work), mergedOf(overlay)];
  });
  return ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', MOUNT, 'sh', ...words, '--'];
}

const asked = new Map<string, Promise<string | undefined>>();

/** Why no overlay can be mounted with its layers in a folder, in one line; undefined where it can. Asked once each. */
export function overlayProblem(folder: string): Promise<string | undefined> {
  let problem = asked.get(folder);
  if (!problem) {
    problem = tryOverlay(folder);
    asked.set(folder, problem);
  }
  return problem;
}

async function tryOverlay(folder: string): Promise<string | undefined> {
  const scratch = await mkdtemp(join(folder, '.overlay-'));
  try {
    const [lower, upper] = [join(scratch, 'lower'), join(scratch, 'upper')];
    const [program = '', ...words] = mountOverlays([{ target: '/', lowers: [lower], upper, scratch }]);
    await promisify(execFile)(program, [...words, 'true'], { timeout: 10_000 });
    return undefined;
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    return (stderr.trim() || message).split('\n', 1)[0]!;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
