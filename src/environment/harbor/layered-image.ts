import { createHash, randomBytes } from 'node:crypto';
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Layers, type Mount, openJail } from '../../sandbox/index.ts';
import { markUsed } from '../cache.ts';
import { networkEnvironment } from '../network-environment.ts';
import { type Place, removeFolder, scratchFolder } from '../place.ts';
import { UnsupportedInstructionError } from './dockerfile-error.ts';
import { type DockerfilePlan, planDockerfile } from './dockerfile-plan.ts';
import type { CopyStep } from './dockerfile-steps.ts';
import { readDockerignore } from './dockerignore.ts';
import { HarborTaskError } from './error.ts';
import { compileGlob } from './glob.ts';
import type { HarborEnvironment } from './harbor-task.ts';
import { type FoundHost, findHosts } from './host.ts';
import { standIn } from './known-bases.ts';

/** Layers over the host's own system. */
export interface LayeredImage {
  layers: Pick<Layers, 'folders' | 'lowers'>;
  env: Record<string, string>;
  workdir: string;
}

/** Of the host what an image's system is; everything else is empty until a step fills it. */
const SYSTEM = ['/usr', '/etc', '/opt'];
/** Changes when images are made in another way. */
const GENERATION = 1;
const CONTEXT = '/.context';
const SHIMS = fileURLToPath(new URL('../../../assets/shims', import.meta.url));
/** What Debian's programs know of what is installed. */
const DPKG = '/var/lib/dpkg';
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const underWay = new Map<string, Promise<string>>();

/**
 * What can be told without running anything: whether this machine can stand for an environment.
 *
 * @throws HarborTaskError @throws UnsupportedInstructionError that names the line
 */
export async function planImage(
  environment: HarborEnvironment,
): Promise<{ plan: DockerfilePlan; host: FoundHost; needs: string[] }> {
  if (environment.from === 'compose')
    throw new HarborTaskError(environment.compose ?? '', 'has services, which need docker compose');
  if (environment.from === 'image') {
    const plan = planDockerfile(`FROM ${environment.image}\n`);
    const stands = await hostFor(plan.base);
    if (!stands.ok) throw new HarborTaskError(environment.image ?? '', stands.why);
    return { plan, ...stands };
  }
  const text = await readFile(environment.dockerfile!, 'utf8');
  const plan = planDockerfile(text);
  const stands = await hostFor(plan.base);
  if (!stands.ok) {
    const line = text.split('\n').findIndex((one) => /^\s*FROM\b/i.test(one)) + 1;
    throw new UnsupportedInstructionError(line, `FROM ${plan.base}`, stands.why);
  }
  return { plan, ...stands };
}

async function hostFor(
  base: string,
): Promise<{ ok: true; host: FoundHost; needs: string[] } | { ok: false; why: string }> {
  const tried = (await findHosts()).map((host) => ({ host, ...standIn(base, host) }));
  return tried.find((one) => one.ok) ?? tried[0]!;
}

/**
 * The image of an environment, made once for each content of it: its steps run in a jail, on layers of their own. RUN
 * steps are offline unless the person allows hosts.
 *
 * @throws HarborTaskError @throws UnsupportedInstructionError for a step that fails, by its line
 */
export async function ensureLayeredImage(
  place: Place,
  environment: HarborEnvironment,
  seconds: number,
): Promise<LayeredImage> {
  const { plan, host, needs } = await planImage(environment);
  const folders = new Set(
    needs.map((name) => host.folders[name]).filter((one): one is string => one !== undefined),
  );
  // Programs outside of the system are layered as well, so that packages can be added to them.
  const prefixes = [...folders]
    .filter((folder) => !SYSTEM.some((top) => folder.startsWith(`${top}/`)))
    .map((folder) => dirname(folder));
  const layered: Layers['folders'] = [
    { target: '/' },
    ...SYSTEM.map((target) => ({ target, host: target })),
    ...prefixes.map((target) => ({ target, host: target })),
  ];
  const env = { ...plan.env, PATH: [...folders, plan.env.PATH ?? PATH].join(':'), HOME: '/root' };
  const key = await keyOf(environment, plan, host, place.allowHosts ?? []);
  const folder = join(place.home, 'images', key);
  if (plan.steps.length > 0) {
    let building = underWay.get(folder);
    if (!building) {
      building = build(place, environment, plan, { layered, env, folder, seconds });
      underWay.set(folder, building);
      building.catch(() => underWay.delete(folder));
    }
    await building;
  }
  return {
    layers: { folders: layered, lowers: plan.steps.length > 0 ? [join(folder, 'layer')] : [] },
    env,
    workdir: plan.workdir,
  };
}

async function keyOf(
  { folder, dockerfile }: HarborEnvironment,
  plan: DockerfilePlan,
  host: FoundHost,
  hosts: readonly string[],
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([GENERATION, plan, host.os, host.programs, hosts]));
  if (folder !== undefined && plan.steps.some((step) => step.kind === 'copy')) {
    for (const entry of (await readdir(folder, { recursive: true, withFileTypes: true })).sort((a, b) =>
      join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1,
    )) {
      const path = join(entry.parentPath, entry.name);
      if (path === dockerfile) continue;
      hash.update(`\0${relative(folder, path)}\0`);
      if (entry.isFile()) hash.update(String((await lstat(path)).mode & 0o777)).update(await readFile(path));
      else if (entry.isSymbolicLink()) hash.update(await readlink(path));
    }
  }
  return hash.digest('hex').slice(0, 24);
}

interface Site {
  layered: Layers['folders'];
  env: Record<string, string>;
  folder: string;
  seconds: number;
}

async function build(
  place: Place,
  environment: HarborEnvironment,
  plan: DockerfilePlan,
  site: Site,
): Promise<string> {
  const { layered, env, folder, seconds } = site;
  const record = join(folder, 'image.json');
  if (await lstat(record).catch(() => undefined)) {
    await markUsed(record);
    return folder;
  }
  const making = `${folder}.${randomBytes(4).toString('hex')}`;
  const work = await scratchFolder(place);
  const deadline = performance.now() + seconds * 1000;
  try {
    await mkdir(join(making, 'layer'), { recursive: true, mode: 0o700 });
    for (const step of plan.steps) {
      const mounts: Mount[] = [];
      let command: string[];
      if (step.kind === 'folder') command = ['mkdir', '-p', step.path];
      else if (step.kind === 'copy') {
        const staged = join(work, randomBytes(6).toString('hex'));
        await stage(environment, step, staged);
        mounts.push({ source: staged, target: CONTEXT });
        command = copyCommand(step);
      } else {
        // Installing from Debian's archive is done where the host has all of it.
        mounts.push({ source: SHIMS, target: '/.shims' }, { source: DPKG, target: DPKG });
        command = step.argv;
        if (step.script !== undefined) {
          const script = join(work, randomBytes(6).toString('hex'));
          await writeFile(script, step.script, { mode: 0o755 });
          mounts.push({ source: script, target: '/.script' });
          command = ['/.script'];
        }
      }
      const hosts = new Set(place.allowHosts);
      const jail = await openJail({
        mounts,
        layers: {
          folders: layered,
          lowers: [],
          upper: join(making, 'layer'),
          scratch: join(making, 'scratch'),
        },
        env: {
          ...env,
          ...(step.kind === 'run' && { ...step.env, PATH: `/.shims:${env.PATH}` }),
          ...(hosts.size > 0 && networkEnvironment()),
        },
        bareEnv: true,
        asRoot: true,
        ...(step.kind === 'run' &&
          step.network !== 'none' &&
          hosts.size > 0 && { network: { allows: (host) => hosts.has(host) } }),
      });
      try {
        const ran = await jail.exec(command, {
          cwd: step.kind === 'run' ? step.workdir : '/',
          timeoutMs: Math.max(1, deadline - performance.now()),
          limits: { bytes: 8 * 1024 ** 3, folders: [making] },
          ...(place.signal && { signal: place.signal }),
        });
        place.signal?.throwIfAborted();
        if (ran.exitCode !== 0)
          throw new UnsupportedInstructionError(step.line, step.text, whyFailed(ran, hosts.size > 0));
      } finally {
        await jail.dispose();
      }
    }
    await removeFolder(join(making, 'scratch'));
    await writeFile(
      join(making, 'image.json'),
      `${JSON.stringify({ base: plan.base, notes: plan.notes })}\n`,
    );
    await rename(making, folder).catch(async (error: NodeJS.ErrnoException) => {
      // Another process was faster; its image is the same.
      if (!/^(?:EEXIST|ENOTEMPTY)$/.test(error.code ?? '')) throw error;
      await removeFolder(making);
    });
    return folder;
  } catch (error) {
    await removeFolder(making);
    throw error;
  } finally {
    await removeFolder(work);
  }
}

function whyFailed(
  { output, timedOut, exitCode }: { output: string; timedOut: boolean; exitCode: number | null },
  online: boolean,
): string {
  if (timedOut) return 'takes longer than its time';
  const said = output.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
  const offline = online
    ? ''
    : ' (without network: network.allowedDomains in the configuration lets hosts in)';
  return `ended with code ${exitCode}${said === '' ? '' : `: ${said}`}${offline}`;
}

/** Of the context what a step copies: real files in a folder of their own, so that no link of a task is followed here. */
async function stage(
  { folder, dockerfile }: HarborEnvironment,
  step: CopyStep,
  target: string,
): Promise<void> {
  await mkdir(join(target, 'files'), { recursive: true });
  for (const { name, content } of step.inline)
    await writeFile(join(target, 'files', posix.basename(name)), content);
  if (step.sources.length === 0 || folder === undefined) return;
  const ignored = await readDockerignore(folder, dockerfile!);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = new Map(
    entries.map((entry) => [relative(folder, join(entry.parentPath, entry.name)), entry]),
  );
  for (const source of step.sources) {
    const matches = source === '.' ? () => true : compileGlob(source, { deep: false });
    const tops = source === '.' ? ['.'] : [...paths.keys()].filter((path) => matches(path));
    if (tops.length === 0)
      throw new UnsupportedInstructionError(
        step.line,
        step.text,
        `names ${source}, which is not in the context`,
      );
    for (const top of tops) {
      const isFolder = top === '.' || paths.get(top)!.isDirectory();
      for (const [path, entry] of paths) {
        const inside =
          top === '.'
            ? path
            : path === top
              ? posix.basename(path)
              : path.startsWith(`${top}/`)
                ? path.slice(top.length + 1)
                : undefined;
        if (inside === undefined || (isFolder && path === top) || ignored(path)) continue;
        const to = join(target, 'files', inside);
        await mkdir(dirname(to), { recursive: true });
        if (entry.isDirectory()) await mkdir(to, { recursive: true });
        else if (entry.isSymbolicLink())
          await symlink(await readlink(join(folder, path)), to).catch(() => {});
        else if (entry.isFile()) {
          await copyFile(join(folder, path), to);
          await chmod(to, (await lstat(join(folder, path))).mode & 0o777);
        }
      }
    }
  }
}

/** Copies what is staged, inside of the jail, where links lead nowhere but into it. */
function copyCommand(step: CopyStep): string[] {
  const single = step.sources.length + step.inline.length === 1 && !step.intoFolder;
  const script = [
    'set -e',
    'from=$1; to=$2; mode=$3; single=$4; unpack=$5',
    'count=$(find "$from" -mindepth 1 -maxdepth 1 | wc -l)',
    'one=$(find "$from" -mindepth 1 -maxdepth 1 -type f)',
    'if [ "$single" = 1 ] && [ "$count" = 1 ] && [ -n "$one" ] && [ ! -d "$to" ] && [ "$unpack" = 0 ]; then mkdir -p "$(dirname "$to")"; cp -PT "$one" "$to"; [ -z "$mode" ] || chmod "$mode" "$to"; exit 0; fi',
    'mkdir -p "$to"',
    'if [ "$unpack" = 1 ]; then for f in "$from"/*; do if tar -tf "$f" >/dev/null 2>&1; then tar -xf "$f" --no-same-owner -C "$to"; else cp -RP "$f" "$to"/; fi; done; else cp -RP "$from"/. "$to"/; fi',
    'if [ -n "$mode" ]; then (cd "$from" && find . -mindepth 1) | while IFS= read -r f; do chmod "$mode" "$to/$f"; done; fi',
  ].join('\n');
  return [
    'sh',
    '-c',
    script,
    'sh',
    `${CONTEXT}/files`,
    step.destination,
    step.chmod ?? '',
    single ? '1' : '0',
    step.unpack ? '1' : '0',
  ];
}
