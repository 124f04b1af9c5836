import { randomBytes } from 'node:crypto';
import { homedir, tmpdir } from 'node:os';
import { runTreeFromAfar } from './broker.ts';
import { passedEnvironment } from './environment.ts';
import { WorkspaceFiles } from './files.ts';
import type { Limits } from './limits.ts';
import type { Mount } from './mount.ts';
import { HOST_PORTS } from './ports.ts';
import type { ExecOptions, ExecResult, Sandbox } from './sandbox.ts';
import { killMarked } from './spawn.ts';

export interface SandboxOptions {
  /** The workspace: the only folder that commands and tools should write. */
  root: string;
  /** The folder of the workspace that relative paths and commands start from; default its top. */
  cwd?: string;
  /** Folders that commands must not see, besides home folders; only bubblewrap can hide them. */
  hide?: readonly string[];
  /** Further folders and files, absolute; only bubblewrap can hold commands to them. Later ones win. */
  allowRead?: readonly string[];
  allowWrite?: readonly string[];
  denyWrite?: readonly string[];
  denyRead?: readonly string[];
  /** Files that no command may make: those that are not there are taken away when a command that made one ends. */
  denyNew?: readonly string[];
  /** Which hosts commands may reach, by an allow-listing proxy; without it none. Only bubblewrap keeps to it. */
  network?: { allows(host: string): boolean };
  /** Further things that are to be in the workspace; only bubblewrap puts them there. */
  mounts?: readonly Mount[];
  /** What one command may use up. */
  limits?: Limits;
  /** Tell how many processes a command leaves running; they are ended either way. Only bubblewrap knows. */
  reportLeft?: boolean;
  /** Variables that every command gets. */
  env?: Readonly<Record<string, string>>;
  /** Further environment variables that commands may see. */
  passEnv?: readonly string[];
}

/** Runs commands on this machine as this user. Protects nothing but the environment variables. */
export function hostSandbox(options: SandboxOptions): Sandbox {
  const files = new WorkspaceFiles(options.root, options.cwd);
  const disposed = new AbortController();
  // Found in the environment of every descendant, also of those that left their process group.
  const mark = randomBytes(8).toString('hex');
  let commands = 0;
  return {
    name: 'danger-full-access',
    root: files.root,
    cwd: files.cwd,
    open: (path) => files.open(path),
    read: (path) => files.read(path),
    write: (path, content) => files.write(path, content),
    resolve: (path) => files.resolve(path),
    async exec(command, execOptions: ExecOptions = {}): Promise<ExecResult> {
      const exec = `${mark}.${++commands}.`;
      const env = {
        ...passedEnvironment(options.passEnv),
        HOME: homedir(),
        TMPDIR: tmpdir(),
        ...options.env,
        ...execOptions.env,
        KINO_EXEC: exec,
      };
      const cwd = await files.resolve(execOptions.cwd ?? '.');
      const {
        status: _,
        count: __,
        ...result
      } = await runTreeFromAfar(
        { argv: command, cwd, env, mark: `KINO_EXEC=${exec}` },
        withSignal({ ...(options.limits && { limits: options.limits }), ...execOptions }, disposed.signal),
      );
      return result;
    },
    openPorts: async () => HOST_PORTS,
    async dispose() {
      disposed.abort();
      if (commands > 0) killMarked(`KINO_EXEC=${mark}.`);
    },
  };
}

/** The options with one more reason to stop. */
export function withSignal(options: ExecOptions, signal: AbortSignal): ExecOptions {
  return { ...options, signal: options.signal ? AbortSignal.any([options.signal, signal]) : signal };
}
