import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { bridgeFor } from './bridged.ts';
import { runTreeFromAfar } from './broker.ts';
import { bubblewrapProblem, ISOLATION, toolFolders } from './bubblewrap.ts';
import { CommandNotStartedError, SandboxFailedError, SandboxUnavailableError } from './errors.ts';
import { withSignal } from './host.ts';
import {
  type Layers,
  mergedOf,
  mountOverlays,
  nothingBelow,
  type Overlay,
  overlaysOf,
  stageOf,
} from './layers.ts';
import { type Mount, mountArguments } from './mount.ts';
import { NetworkProxy, PROXY_ENVIRONMENT } from './network-proxy.ts';
import type { ExecOptions, ExecResult } from './sandbox.ts';

/** Of the system what programs need to run; nothing else of the host is there. */
const SYSTEM = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/etc',
  '/opt',
  '/nix',
  '/gnu',
];
/** In `/etc` and of no use to a program under test. */
const SECRET = [
  '/etc/shadow',
  '/etc/gshadow',
  '/etc/shadow-',
  '/etc/gshadow-',
  '/etc/ssl/private',
  '/etc/sudoers',
  '/etc/sudoers.d',
];

export interface JailOptions {
  /** What is to be there besides the system, with exact paths. */
  mounts: readonly Mount[];
  /** Every variable that commands see, but PATH, HOME and the like. */
  env?: Readonly<Record<string, string>>;
  /** Host folders with programs, shown read-only where they are. */
  tools?: readonly string[];
  /** Folders that go before those of the PATH. */
  path?: readonly string[];
  /** Hosts that commands may reach; without it none. */
  network?: { allows(host: string): boolean };
  /** What a container is made of; it comes before `mounts`. */
  layers?: Layers;
  /** Folders that can be changed without what is below them. */
  overlays?: readonly Overlay[];
  /** Variables PATH, HOME and the like are not set; `env` alone counts. */
  bareEnv?: boolean;
  /** Commands run as root (of their namespace); otherwise as an ordinary user, whom file permissions bind. */
  asRoot?: boolean;
}

/** Commands with a file system of their own: the system read-only, what is mounted, and no more. */
export interface Jail {
  /**
   * @param options `cwd` and all paths are as the command sees them
   * @throws CommandNotStartedError @throws SandboxFailedError
   */
  exec(command: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  dispose(): Promise<void>;
}

/**
 * Opens a jail: unlike a sandbox it shows nothing of the host but its system, and puts things where a task wants them.
 *
 * @throws SandboxUnavailableError where bubblewrap does not work
 */
export async function openJail({
  mounts,
  env,
  tools = [],
  path = [],
  network,
  layers,
  overlays = [],
  bareEnv,
  asRoot,
}: JailOptions): Promise<Jail> {
  const why = await bubblewrapProblem();
  if (why !== undefined) throw new SandboxUnavailableError(why);
  const proxy = network && new NetworkProxy(network);
  const disposed = new AbortController();
  const root = layers?.folders.find(({ target }) => target === '/');
  const base = [
    ...(root ? ['--bind', stageOf(layers!, '/'), '/'] : ['--tmpfs', '/']),
    ...systemMounts(root === undefined),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...(root
      ? ['--dir', '/tmp']
      : ['--tmpfs', '/tmp', '--tmpfs', '/var/tmp', '--dir', '/run', '--dir', '/tmp/home']),
    ...(layers?.folders ?? [])
      .filter(({ target }) => target !== '/')
      .flatMap(({ target }) => ['--bind', stageOf(layers!, target), target]),
    ...secretMounts(),
    ...[...(layers ? [] : toolFolders()), ...(network ? [dirname(process.execPath)] : []), ...tools]
      .filter((folder) => existsSync(folder))
      .flatMap((folder) => ['--ro-bind', folder, folder]),
    ...mountArguments(mounts),
    ...overlays.flatMap((overlay) => ['--bind', mergedOf(overlay), overlay.target]),
    ...(root ? [] : ['--remount-ro', '/']),
  ];
  if (root) makeSkeleton(nothingBelow(layers!, '/'));
  const staged = mountOverlays([...(layers ? overlaysOf(layers) : []), ...overlays]);
  const user = asRoot ? ['--uid', '0', '--gid', '0'] : ['--uid', '1000', '--gid', '1000'];
  return {
    async exec(command, options: ExecOptions = {}) {
      const mark = `${randomBytes(8).toString('hex')}.`;
      const bridged = await bridgeFor({ proxy });
      const argv = [
        ...staged,
        ...['bwrap', ...ISOLATION, '--unshare-user', ...user, '--json-status-fd', '3'],
        ...base,
        ...bridged.mounts,
        ...['--chdir', options.cwd ?? '/', '--'],
        ...bridged.command,
        ...command,
      ];
      const usual = {
        PATH: [...path, pathInside([...toolFolders(), ...tools])].join(':'),
        HOME: '/tmp/home',
        TMPDIR: '/tmp',
        USER: asRoot ? 'root' : 'user',
        LANG: 'C.UTF-8',
        TZ: 'UTC',
      };
      const variables = {
        ...(!bareEnv && usual),
        ...(proxy && PROXY_ENVIRONMENT),
        ...env,
        ...options.env,
        KINO_EXEC: mark,
      };
      const {
        status,
        count: _,
        ...result
      } = await runTreeFromAfar(
        { argv, cwd: '/', env: variables, wantsStatus: true, mark: `KINO_EXEC=${mark}` },
        withSignal(options, disposed.signal),
      );
      if (result.exitCode === 125 && staged.length > 0 && !status.includes('"exit-code"'))
        throw new SandboxFailedError(result.output.split('\n', 1)[0]!);
      if (result.exitCode === 1 && !status.includes('"exit-code"')) {
        const [said = ''] = result.output.replace(/^bwrap: /, '').split('\n', 1);
        if (command.length === 0 || /^(?:execvp|Can't chdir to) /.test(said))
          throw new CommandNotStartedError(command[0] ?? '', said);
        throw new SandboxFailedError(said);
      }
      return result;
    },
    async dispose() {
      disposed.abort();
      await proxy?.close();
    },
  };
}

/** On many systems `/bin` is a link into `/usr`. */
function systemLinks(): [path: string, link: string][] {
  return SYSTEM.flatMap((path) =>
    lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()
      ? [[path, readlinkSync(path)] as [string, string]]
      : [],
  );
}

/** What every root has, whatever is put into it. */
function makeSkeleton(folder: string): void {
  for (const path of ['root', 'home', 'var/tmp', 'srv', 'mnt', 'media', 'run', 'tmp'])
    mkdirSync(join(folder, path), { recursive: true });
  for (const [path, link] of systemLinks()) symlinkIfNone(link, join(folder, path));
}

function symlinkIfNone(link: string, path: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false })) symlinkSync(link, path);
}

/** @param withLinks a root in layers holds them already */
function systemMounts(withLinks: boolean): string[] {
  const links = systemLinks();
  const folders = SYSTEM.filter((path) => lstatSync(path, { throwIfNoEntry: false })?.isDirectory());
  return [
    ...folders.flatMap((path) => ['--ro-bind', path, path]),
    ...(withLinks ? links.flatMap(([path, link]) => ['--symlink', link, path]) : []),
  ];
}

function secretMounts(): string[] {
  return SECRET.flatMap((path) => {
    const entry = lstatSync(path, { throwIfNoEntry: false });
    if (!entry) return [];
    return entry.isDirectory() ? ['--tmpfs', path] : ['--ro-bind', '/dev/null', path];
  });
}

/** Of the PATH the folders that are there inside, and after them those of every system. */
function pathInside(tools: readonly string[]): string {
  const shown = ['/usr', '/opt', '/nix', '/gnu', ...tools];
  const own = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => shown.some((one) => folder === one || folder.startsWith(`${one}/`)));
  return [
    ...new Set([...own, '/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']),
  ].join(':');
}

/** The folder that has to be shown for a program of the host to run. */
export function folderOfProgram(program: string): string {
  // `…/versions/3.11.7/bin/python3` needs the libraries beside its `bin`.
  return dirname(dirname(program));
}
