import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, realpathSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { bridgeFor } from './bridged.ts';
import { runTreeFromAfar } from './broker.ts';
import { passedEnvironment } from './environment.ts';
import {
  CommandNotStartedError,
  ReadOnlySandboxError,
  SandboxFailedError,
  SandboxUnavailableError,
  WorkspaceTooWideError,
} from './errors.ts';
import { WorkspaceFiles } from './files.ts';
import { type SandboxOptions, withSignal } from './host.ts';
import { mountArguments } from './mount.ts';
import { NetworkProxy, PROXY_ENVIRONMENT } from './network-proxy.ts';
import { BridgedPorts } from './ports.ts';
import type { ExecOptions, ExecResult, Sandbox } from './sandbox.ts';

/**
 * Runs a command and then counts what is still there besides the process at the top and itself. Programs could write
 * the count as well, to nobody's harm but their own.
 */
const COUNTING = [
  'sh',
  '-c',
  '"$@" 4>&-; code=$?; n=0; for p in /proc/[0-9]*; do n=$((n+1)); done; [ $n -gt 2 ] && echo $((n-2)) >&4; exit $code',
  'sh',
];

/** Folders below a home directory that hold tools and no secrets. They are shown read-only. */
const TOOL_FOLDERS = [
  '.pyenv',
  '.rbenv',
  '.nvm',
  '.volta',
  '.asdf',
  '.bun/bin',
  '.deno/bin',
  '.cargo/bin',
  '.cargo/registry',
  '.rustup',
  '.sdkman/candidates',
  '.local/bin',
  '.local/share/mise',
  '.local/share/uv',
  'go/bin',
  'go/pkg',
];

/** Where people's secrets and other programs' sockets are: empty inside. */
const HIDDEN = ['/home', '/root', '/run', '/var/run', '/tmp', '/var/tmp', '/mnt', '/media', '/srv'];

/**
 * Why bubblewrap does not work here, or undefined where it does. Tried once a process, for real: many systems have
 * the program and forbid what it needs.
 */
export function bubblewrapProblem(): Promise<string | undefined> {
  problem ??= probe();
  return problem;
}
let problem: Promise<string | undefined> | undefined;

async function probe(): Promise<string | undefined> {
  try {
    const system = ['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev'];
    await promisify(execFile)('bwrap', [...ISOLATION, ...system, 'true'], { timeout: 5_000 });
    return undefined;
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: string };
    if (code === 'ENOENT') return 'there is no `bwrap` program';
    return (stderr?.trim().split('\n').at(-1) || (error as Error).message).replace(/\.$/, '');
  }
}

export const ISOLATION = ['--unshare-all', '--die-with-parent', '--new-session'];

/**
 * Runs commands under bubblewrap: the system read-only, the workspace writable, home folders hidden, a private
 * temporary folder, no network, a process namespace that dies with the command.
 *
 * @throws SandboxUnavailableError where bubblewrap does not work
 * @throws WorkspaceTooWideError for a workspace that holds the home folder
 */
export async function bubblewrapSandbox(
  name: 'read-only' | 'workspace-write',
  options: SandboxOptions,
): Promise<Sandbox> {
  const why = await bubblewrapProblem();
  if (why !== undefined) throw new SandboxUnavailableError(why);
  const files = new WorkspaceFiles(options.root, options.cwd);
  const root = realpathSync(files.root);
  const home = existsSync(homedir()) ? realpathSync(homedir()) : homedir();
  if (root === '/' || home === root || home.startsWith(root + sep)) throw new WorkspaceTooWideError(root);
  const mounts = mountsFor(root, name, options);
  const found = (path: string) => lstatSync(path, { throwIfNoEntry: false });
  const denyNew = (options.denyNew ?? []).filter(
    (path) => found(dirname(path))?.isDirectory() && !found(path),
  );
  const disposed = new AbortController();
  const proxy = options.network && new NetworkProxy(options.network);
  return {
    name,
    root: files.root,
    cwd: files.cwd,
    open: (path) => files.open(path),
    read: (path) => files.read(path),
    async write(path, content) {
      if (name === 'read-only') throw new ReadOnlySandboxError(path);
      await files.write(path, content);
    },
    resolve: (path) => files.resolve(path),
    async exec(command, execOptions: ExecOptions = {}): Promise<ExecResult> {
      const cwd = await files.resolve(execOptions.cwd ?? '.');
      const env = {
        ...passedEnvironment(options.passEnv),
        HOME: '/tmp/home',
        TMPDIR: '/tmp',
        ...(proxy && PROXY_ENVIRONMENT),
        ...options.env,
        ...execOptions.env,
        KINO_EXEC: `${randomBytes(8).toString('hex')}.`,
      };
      const { ports } = execOptions;
      const bridged = await bridgeFor({ proxy, ports: ports instanceof BridgedPorts ? ports : undefined });
      const argv = [
        ...['bwrap', ...ISOLATION, '--json-status-fd', '3'],
        ...mounts,
        ...bridged.mounts,
        ...['--chdir', cwd, '--'],
        ...bridged.command,
        ...(options.reportLeft && command.length > 0 ? COUNTING : []),
        ...command,
      ];
      const { status, count, ...result } = await runTreeFromAfar(
        {
          argv,
          // bubblewrap binds itself to its parent only when it has been at work for a while.
          cwd: root,
          env,
          wantsStatus: true,
          ...(options.reportLeft && { wantsCount: true }),
          mark: `KINO_EXEC=${env.KINO_EXEC}`,
        },
        withSignal({ ...(options.limits && { limits: options.limits }), ...execOptions }, disposed.signal),
      ).finally(() => {
        for (const path of denyNew) if (isReal(dirname(path))) rmSync(path, { recursive: true, force: true });
      });
      // bubblewrap reports an exit code only of a command that it could start; the command cannot write there.
      if (result.exitCode === 1 && !status.includes('"exit-code"')) {
        const [said = ''] = result.output.replace(/^bwrap: /, '').split('\n', 1);
        if (command.length === 0 || /^(?:execvp|Can't chdir to) /.test(said))
          throw new CommandNotStartedError(command[0] ?? '', said);
        throw new SandboxFailedError(said);
      }
      const left = Number(count.trim() || 0);
      return left > 0 ? { ...result, left } : result;
    },
    openPorts: () => BridgedPorts.open(),
    async dispose() {
      disposed.abort();
      await proxy?.close();
    },
  };
}

/** The file system that a command sees, as arguments of bubblewrap. Later mounts cover earlier ones. */
export function mountsFor(
  root: string,
  name: 'read-only' | 'workspace-write',
  options: SandboxOptions,
): string[] {
  const mounts = ['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev'];
  const home = homedir();
  const kinoHome = process.env.KINO_HOME || join(home, '.kino');
  const hidden = new Set([...HIDDEN, home, kinoHome, ...(options.hide ?? [])]);
  const hiddenAlready: string[] = [];
  for (const folder of hidden) {
    if (!existsSync(folder)) continue;
    const real = realpathSync(folder);
    // A folder that holds the workspace is hidden as well; the workspace itself is mounted again below.
    if (real === '/' || hiddenAlready.includes(real)) continue;
    hiddenAlready.push(real);
    mounts.push('--tmpfs', real);
  }
  for (const tools of toolFolders(home)) mounts.push('--ro-bind', tools, tools);
  for (const path of existing(options.allowRead)) mounts.push('--ro-bind', path, path);
  mounts.push('--dir', '/tmp/home', name === 'read-only' ? '--ro-bind' : '--bind', root, root);
  if (name === 'workspace-write') {
    for (const path of existing(options.allowWrite)) mounts.push('--bind', path, path);
  }
  const writable = name === 'read-only' ? [] : [root, ...existing(options.allowWrite)];
  const isWritable = (path: string) => writable.some((folder) => isIn(folder, path));
  // What a link in the workspace leads to may be hidden: only what is writable is to be mounted again.
  const denyWrite = existing(options.denyWrite).filter(isWritable);
  const denyRead = existing(options.denyRead);
  // A folder with a mount in it can be renamed, and with it what is denied; one that is a mount cannot.
  for (const path of foldersAround([...denyWrite, ...denyRead], writable)) mounts.push('--bind', path, path);
  for (const path of denyWrite) mounts.push('--ro-bind', path, path);
  for (const path of denyRead) mounts.push(...masked(path));
  mounts.push(...mountArguments(options.mounts ?? []));
  // Threads and configuration stay hidden where the workspace holds them, as a home folder does.
  const inside = existsSync(kinoHome) ? realpathSync(kinoHome) : '';
  if (inside.startsWith(root + sep)) mounts.push('--tmpfs', inside);
  return mounts;
}

function existing(paths: readonly string[] = []): string[] {
  return paths.filter((path) => existsSync(path)).map((path) => realpathSync(path));
}

function isIn(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}

/** The folders between writable ones and paths in them, those that hold others first. */
function foldersAround(paths: readonly string[], writable: readonly string[]): string[] {
  const found = new Set<string>();
  for (const path of paths) {
    for (let at = dirname(path); !writable.includes(at); at = dirname(at)) {
      if (!writable.some((folder) => isIn(folder, at))) break;
      found.add(at);
    }
  }
  return [...found].sort((a, b) => a.length - b.length);
}

/** A folder becomes an empty one, a file an empty one. */
function masked(path: string): string[] {
  return statSync(path).isDirectory() ? ['--tmpfs', path] : ['--ro-bind', '/dev/null', path];
}

/** Folders of the home that hold programs, and the one of Kino's own Node. */
export function toolFolders(home = homedir()): string[] {
  const folders = TOOL_FOLDERS.map((folder) => join(home, folder)).filter((folder) => existsSync(folder));
  // Kino's own Node may lie anywhere; projects without one use it.
  const node = dirname(realpathSync(process.execPath));
  if (!folders.some((folder) => node === folder || node.startsWith(folder + sep))) folders.push(node);
  return folders;
}

/** Whether a folder is still where it was: a command may have put a link in its place. */
function isReal(folder: string): boolean {
  try {
    return realpathSync(folder) === folder;
  } catch {
    return false;
  }
}
