import { randomBytes } from 'node:crypto';
import { cp, lstat, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { jsonOf, type SetupCommand, type SetupPlan } from '../project/index.ts';
import { type Jail, type Mount, openJail } from '../sandbox/index.ts';
import { markUsed } from './cache.ts';
import { networkEnvironment } from './network-environment.ts';
import { type Place, removeFolder, scratchFolder } from './place.ts';

/** Where files under test are inside a jail. */
export const ROOT = '/workspace';

/** Dependencies that could not be installed, with what the last way to install them printed. */
export class SetupError extends Error {
  override name = 'SetupError';
  readonly log: string;
  constructor(tool: string, log: string) {
    const said = whatFailed(log);
    super(`${tool} could not install the dependencies: ${said.slice(0, 200)}`);
    this.log = log;
  }
}

/** The line that says most: the first of an error, not the last, which tells where a log lies. */
function whatFailed(log: string): string {
  const lines = log
    .trim()
    .split('\n')
    .map((line) => line.trim());
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('$ ')));
  const telling = last.filter(
    (line) =>
      /error|err!|not found|failed|no matching/i.test(line) &&
      !/complete log|^\$ |npm error code \w+$|traceback/i.test(line),
  );
  return telling[0] ?? last.at(-1) ?? '';
}

/** Dependencies that are installed: what has to be mounted and set for tests to find them. All of it is read-only. */
export interface PreparedSetup {
  key: string;
  /** What had to be given up for it, as sentences. */
  notes?: readonly string[];
  /** Variables of every command, for files under test at `root` and a build folder at `build`. */
  env(root: string, build: string): Record<string, string>;
  /** Folders that go before PATH. */
  path: string[];
  /** Mounts for files under test at `root`. */
  mounts(root: string): Mount[];
  /** Of the set-up a folder that each run gets a copy of. */
  build?: string;
  /** A folder with files that installing made beside the source (a version, a compiled extension). */
  made?: string;
}

const COMMAND_MS = 10 * 60_000;
const MAX_BYTES = 6 * 1024 ** 3;

const NOTHING: PreparedSetup = { key: 'none', env: () => ({}), path: [], mounts: () => [] };
const underWay = new Map<string, Promise<PreparedSetup>>();

/**
 * Installs dependencies, once for each key: in a jail that can write the set-up's folder alone and reach the package
 * registries alone. Whole or not at all, so that a kill costs a repetition and no more.
 *
 * @param tools host folders with the programs that the plan names
 * @param writeSource writes the files of the commit into a folder, for plans that need them
 * @throws SetupError
 */
export function ensureSetup(
  place: Place,
  plan: SetupPlan | undefined,
  tools: readonly string[],
  writeSource: (folder: string) => Promise<void>,
): Promise<PreparedSetup> {
  if (!plan) return Promise.resolve(NOTHING);
  const id = `${place.home}\0${plan.key}`;
  let setup = underWay.get(id);
  if (!setup) {
    setup = install(place, plan, tools, writeSource);
    underWay.set(id, setup);
    // A person who stops it has not shown that it cannot be done.
    setup.catch((error: unknown) => {
      if (!(error instanceof SetupError)) underWay.delete(id);
    });
  }
  return setup;
}

async function install(
  place: Place,
  plan: SetupPlan,
  tools: readonly string[],
  writeSource: (folder: string) => Promise<void>,
): Promise<PreparedSetup> {
  const folder = join(place.home, 'setups', plan.key);
  const record = join(folder, 'setup.json');
  const isThere = await lstat(record).then(
    () => true,
    () => false,
  );
  if (isThere) await markUsed(record);
  else await build(place, plan, folder, tools, writeSource);
  return prepared(plan, folder);
}

async function build(
  place: Place,
  plan: SetupPlan,
  folder: string,
  tools: readonly string[],
  writeSource: (folder: string) => Promise<void>,
): Promise<void> {
  const source = plan.needsSource ? await scratchFolder(place) : undefined;
  // Programs of a virtual environment know it by its path, so it is made where it will stay.
  const content = join(folder, 'content');
  const downloads = join(place.home, 'downloads', plan.tool);
  await mkdir(downloads, { recursive: true, mode: 0o700 });
  let log = '';
  try {
    if (source !== undefined) await writeSource(source);
    const given = new Set(source === undefined ? [] : await filesBelow(source));
    const hosts = new Set([...plan.hosts, ...(place.allowHosts ?? [])]);
    const fill = (text: string) => text.replaceAll('{setup}', content).replaceAll('{source}', ROOT);
    for (const [number, attempt] of plan.attempts.entries()) {
      await removeFolder(folder);
      await mkdir(content, { recursive: true, mode: 0o700 });
      for (const [path, text] of Object.entries(plan.files)) {
        await mkdir(dirname(join(content, path)), { recursive: true });
        await writeFile(join(content, path), text);
      }
      const jail = await openJail({
        mounts: [
          { source: content, target: content, writable: true },
          { source: downloads, target: '/downloads', writable: true },
          ...(source === undefined ? [] : [{ source, target: ROOT, writable: true }]),
        ],
        env: {
          ...networkEnvironment(),
          npm_config_cache: '/downloads/npm',
          PIP_CACHE_DIR: '/downloads/pip',
        },
        tools,
        path: plan.path.map(fill),
        network: { allows: (host) => hosts.has(host) },
      });
      try {
        log = '';
        let ok = true;
        for (const { argv, cwd, env } of attempt) {
          const command = argv.map(fill);
          log += `$ ${command.join(' ')}\n`;
          const ran = await jail.exec(command, {
            cwd: fill(cwd),
            env: Object.fromEntries(Object.entries(env ?? {}).map(([name, value]) => [name, fill(value)])),
            timeoutMs: COMMAND_MS,
            limits: { bytes: MAX_BYTES, folders: [content] },
            ...(place.signal && { signal: place.signal }),
          });
          log += `${ran.output}\n`;
          place.signal?.throwIfAborted();
          if (ran.exitCode === 0) continue;
          log += ran.timedOut
            ? 'It took longer than ten minutes.\n'
            : `It ended with code ${ran.exitCode}.\n`;
          ok = false;
          break;
        }
        if (!ok) continue;
        await makeScratch(plan, content);
        if (source !== undefined) await keepMade(source, given, join(folder, 'made'));
        const record = join(folder, `.${randomBytes(4).toString('hex')}`);
        const installed = plan.installed && (await printed(jail, plan.installed, fill));
        const note = plan.compromises?.[number];
        const about = {
          tool: plan.tool,
          log,
          ...(note !== undefined && { note }),
          ...(installed !== undefined && { installed }),
        };
        await writeFile(record, `${JSON.stringify(about, null, 1)}\n`);
        await rename(record, join(folder, 'setup.json'));
        return;
      } finally {
        await jail.dispose();
      }
    }
    throw new SetupError(plan.tool, log);
  } finally {
    if (source !== undefined) await removeFolder(source);
    const isDone = await lstat(join(folder, 'setup.json')).catch(() => undefined);
    if (!isDone) await removeFolder(folder);
  }
}

/** What a command prints, as lines; nothing where it fails, which costs a record and no set-up. */
async function printed(
  jail: Jail,
  { argv, cwd, env }: SetupCommand,
  fill: (text: string) => string,
): Promise<string[] | undefined> {
  const ran = await jail
    .exec(argv.map(fill), {
      cwd: fill(cwd),
      env: Object.fromEntries(Object.entries(env ?? {}).map(([name, value]) => [name, fill(value)])),
      timeoutMs: 60_000,
      maxBytes: 512 * 1024,
    })
    .catch(() => undefined);
  return ran?.exitCode === 0 ? ran.output.split('\n').filter((line) => line !== '') : undefined;
}

/** What installing leaves beside the source and no test needs. */
const LEFT =
  /(?:^|\/)(?:[^/]+\.(?:egg-info|dist-info)|__pycache__|build|dist|node_modules|target|\.git|\.[^/]*cache)(?:\/|$)|\.(?:pyc|o|lock)$/;

/** Keeps files that installing has made: a clean checkout would lack them. */
async function keepMade(source: string, given: ReadonlySet<string>, target: string): Promise<void> {
  for (const path of await filesBelow(source)) {
    if (given.has(path) || LEFT.test(path)) continue;
    await mkdir(dirname(join(target, path)), { recursive: true });
    await cp(join(source, path), join(target, path), { verbatimSymlinks: true });
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

/** Puts what installing has made beside the source, where the source has nothing of its own. */
export async function addMade(setup: PreparedSetup, root: string): Promise<void> {
  if (setup.made !== undefined)
    await cp(setup.made, root, { recursive: true, force: false, errorOnExist: false });
}

/** Nothing can be mounted later where nothing is. */
async function makeScratch(plan: SetupPlan, content: string): Promise<void> {
  for (const { from, scratch } of plan.mounts) {
    if (!(await lstat(join(content, from)).catch(() => undefined))) continue;
    for (const name of scratch) await mkdir(join(content, from, name), { recursive: true });
  }
}

async function prepared(plan: SetupPlan, folder: string): Promise<PreparedSetup> {
  const content = join(folder, 'content');
  const mounted: typeof plan.mounts = [];
  for (const mount of plan.mounts)
    if (await lstat(join(content, mount.from)).catch(() => undefined)) mounted.push(mount);
  const record = await readFile(join(folder, 'setup.json'), 'utf8').catch(() => undefined);
  const note = z.object({ note: z.string() }).safeParse(jsonOf(record)).data?.note;
  return {
    key: plan.key,
    ...(note !== undefined && { notes: [note] }),
    env: (root, build) =>
      Object.fromEntries(
        Object.entries(plan.env).map(([name, value]) => [
          name,
          value.replaceAll('{setup}', content).replaceAll('{root}', root).replaceAll('{build}', build),
        ]),
      ),
    path: plan.path.map((path) => path.replaceAll('{setup}', content)),
    mounts: (root) => [
      { source: content, target: content },
      ...mounted.flatMap(({ from, to, scratch }): Mount[] => [
        { source: join(content, from), target: join(root, to) },
        ...scratch.map((name) => ({ target: join(root, to, name), empty: true as const })),
      ]),
    ],
    ...(plan.build !== undefined && { build: join(content, plan.build) }),
    ...((await lstat(join(folder, 'made')).catch(() => undefined)) && { made: join(folder, 'made') }),
  };
}

/** Of a set-up's build folder a copy for one run. Links would let a run change what the next one is built from. */
export async function copyBuild(setup: PreparedSetup, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  if (setup.build !== undefined)
    await cp(setup.build, folder, { recursive: true, preserveTimestamps: true, mode: 2 });
}
