import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { runTreeFromAfar } from './broker.ts';
import { bubblewrapProblem, ISOLATION, toolFolders } from './bubblewrap.ts';
import { CommandNotStartedError, SandboxFailedError, SandboxUnavailableError } from './errors.ts';
import { withSignal } from './host.ts';
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
  asRoot,
}: JailOptions): Promise<Jail> {
  const why = await bubblewrapProblem();
  if (why !== undefined) throw new SandboxUnavailableError(why);
  const proxy = network && new NetworkProxy(network);
  const disposed = new AbortController();
  const base = [
    ...['--tmpfs', '/'],
    ...systemMounts(),
    ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--tmpfs', '/var/tmp', '--dir', '/run'],
    ...[...toolFolders(), ...tools]
      .filter((folder) => existsSync(folder))
      .flatMap((folder) => ['--ro-bind', folder, folder]),
    ...['--dir', '/tmp/home'],
    ...mountArguments(mounts),
    ...['--remount-ro', '/'],
  ];
  const user = asRoot ? ['--uid', '0', '--gid', '0'] : ['--uid', '1000', '--gid', '1000'];
  return {
    async exec(command, options: ExecOptions = {}) {
      const mark = `${randomBytes(8).toString('hex')}.`;
      const bridged = proxy && (await proxy.bridge());
      const argv = [
        ...['bwrap', ...ISOLATION, '--unshare-user', ...user, '--json-status-fd', '3'],
        ...base,
        ...(bridged?.mounts ?? []),
        ...['--chdir', options.cwd ?? '/', '--'],
        ...(bridged?.command ?? []),
        ...command,
      ];
      const variables = {
        PATH: [...path, pathInside([...toolFolders(), ...tools])].join(':'),
        HOME: '/tmp/home',
        TMPDIR: '/tmp',
        USER: asRoot ? 'root' : 'user',
        LANG: 'C.UTF-8',
        TZ: 'UTC',
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

function systemMounts(): string[] {
  const found = SYSTEM.flatMap((path) => {
    const entry = lstatSync(path, { throwIfNoEntry: false });
    if (!entry) return [];
    // On many systems /bin is a link into /usr.
    return entry.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path];
  });
  const secrets = SECRET.flatMap((path) => {
    const entry = lstatSync(path, { throwIfNoEntry: false });
    if (!entry) return [];
    return entry.isDirectory() ? ['--tmpfs', path] : ['--ro-bind', '/dev/null', path];
  });
  return [...found, ...secrets];
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
