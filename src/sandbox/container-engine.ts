import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { runTreeFromAfar } from './broker.ts';
import { startProblem } from './engine-probe.ts';
import { CommandNotStartedError } from './errors.ts';
import type { ExecOptions, ExecResult } from './sandbox.ts';

/** An engine that refused what it was asked for, with what it said. */
export class ContainerEngineError extends Error {
  override name = 'ContainerEngineError';
  readonly output: string;
  constructor(program: string, command: string, output: string) {
    const lines = output.trim().split('\n');
    const telling = lines.findLast((line) => /error|failed|denied|not found|no such/i.test(line));
    super(`${program} ${command}: ${(telling ?? lines.at(-1) ?? '').trim().slice(0, 300)}.`);
    this.output = output;
  }
}

/** A container to be made. */
export interface ContainerPlan {
  image: string;
  env: Readonly<Record<string, string>>;
  mounts: readonly { source: string; target: string; writable?: boolean }[];
  /** The engine's own network, whole; without it none. */
  online: boolean;
  labels: Readonly<Record<string, string>>;
  processes?: number;
  memoryMegabytes?: number;
  cpus?: number;
}

const QUICK_MS = 60_000;
const MAX_OUTPUT = 32 * 1024 * 1024;
/** Keeps a container alive until it is stopped. */
const IDLE = ['-c', 'trap "exit 0" TERM; while :; do sleep 3600 & wait $!; done'];
/** Ends the processes whose environment holds a text. */
const KILL =
  'cd /proc; for p in [0-9]*; do [ -r "$p/environ" ] || continue; if tr "\\0" "\\n" 2>/dev/null <"$p/environ" | grep -qxF "$1"; then kill -9 "$p" 2>/dev/null; fi; done; :';

/** What a shell or an engine says of a program that it could not start. */
const NOT_STARTED =
  /^(?:[^\n]*\bsh: [^\n]*\bexec: [^\n]*|[^\n]*(?:OCI runtime|crun|runc)[^\n]*)(not found|permission denied|no such file or directory)/i;

/** Docker or Podman on this machine, by its own command line, which knows where its API answers. */
export class ContainerEngine {
  readonly program: 'docker' | 'podman';
  readonly version: string;
  /** Whether root in a container is this user outside. */
  readonly rootless: boolean;

  private constructor(program: 'docker' | 'podman', version: string, rootless: boolean) {
    this.program = program;
    this.version = version;
    this.rootless = rootless;
  }

  /** The engine that starts containers, Docker before Podman; a text that says why none does. */
  static async find(): Promise<ContainerEngine | string> {
    const host = process.env.DOCKER_HOST ?? process.env.CONTAINER_HOST ?? '';
    // Folders of this machine could not be mounted there.
    if (/^(?:ssh|tcp|https?):/.test(host))
      return `${host} is another machine, and only engines on this one can be used`;
    const reasons: string[] = [];
    for (const [program, format] of [
      ['docker', '{{.ServerVersion}}|{{json .SecurityOptions}}'],
      ['podman', '{{.Version.Version}}|rootless={{.Host.Security.Rootless}}'],
    ] as const) {
      try {
        const said = await call(program, ['info', '--format', format], 15_000);
        const [version = '', security = ''] = said.trim().split('\n').at(-1)!.split('|');
        if (!/^\d/.test(version)) throw new Error('its API does not answer');
        const problem = await startProblem((args) => call(program, args, QUICK_MS));
        if (problem !== undefined) throw new Error(problem);
        return new ContainerEngine(program, version, /rootless(?!=false)/.test(security));
      } catch (error) {
        reasons.push(
          (error as NodeJS.ErrnoException).code === 'ENOENT'
            ? `there is no ${program}`
            : (error as Error).message.replace(/\.$/, ''),
        );
      }
    }
    return reasons.join(', and ');
  }

  /** Runs one of the engine's commands and gives what it printed. @throws ContainerEngineError */
  call(args: readonly string[], timeoutMs = QUICK_MS, signal?: AbortSignal): Promise<string> {
    return call(this.program, args, timeoutMs, signal);
  }

  /** Makes a container that does nothing, and starts it. @returns its id @throws ContainerEngineError */
  async create(plan: ContainerPlan): Promise<string> {
    const { image, env, mounts, online, labels, processes, memoryMegabytes, cpus } = plan;
    const said = await this.call([
      'create',
      ...['--network', online ? this.#network : 'none', '--user', '0', '--entrypoint', '/bin/sh'],
      ...Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]),
      ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      ...mounts.flatMap(({ source, target, writable }) => [
        '--mount',
        ['type=bind', csv('source', source), csv('target', target), ...(writable ? [] : ['readonly'])].join(
          ',',
        ),
      ]),
      ...(processes === undefined ? [] : ['--pids-limit', String(processes)]),
      ...(memoryMegabytes === undefined ? [] : ['--memory', `${memoryMegabytes}m`]),
      ...(cpus === undefined ? [] : ['--cpus', String(cpus)]),
      image,
      ...IDLE,
    ]);
    const id = said.trim().split('\n').at(-1)!;
    await this.call(['start', id]);
    return id;
  }

  get #network(): string {
    return this.program === 'docker' ? 'bridge' : 'private';
  }

  /**
   * Runs a command in a container that runs.
   *
   * @param user a name or a number, as the container knows it
   * @throws CommandNotStartedError
   */
  async exec(
    container: string,
    command: readonly string[],
    { user, ...options }: ExecOptions & { cwd: string; user?: string | number },
  ): Promise<ExecResult> {
    const mark = `KINO_EXEC=${randomBytes(8).toString('hex')}.`;
    const argv = [
      this.program,
      'exec',
      ...(options.stdin === undefined ? [] : ['--interactive']),
      ...(user === undefined ? [] : ['--user', String(user)]),
      ...['--workdir', options.cwd, '--env', mark],
      ...Object.entries(options.env ?? {}).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      container,
      // The engine has a pipe for each of the two, and tells their order no more.
      ...(options.stdoutFile === undefined ? ['/bin/sh', '-c', 'exec "$@" 2>&1', 'sh'] : []),
      ...command,
    ];
    const { env: _, cwd: __, ...rest } = options;
    const own = process.env as Record<string, string>;
    const { status: ___, count: ____, ...result } = await runTreeFromAfar({ argv, cwd: '/', env: own }, rest);
    // Whoever asked the engine is gone then, and what it had started is not.
    if (result.timedOut || result.aborted || result.exceeded)
      await this.call(['exec', '--user', '0', container, '/bin/sh', '-c', KILL, 'sh', mark]).catch(() => {});
    const why = (result.exitCode === 126 || result.exitCode === 127) && NOT_STARTED.exec(result.output);
    if (why) throw new CommandNotStartedError(command[0] ?? '', why[1]!.toLowerCase());
    return result;
  }

  /** What differs between a container's own files and its image. */
  async changes(container: string): Promise<{ kind: 'added' | 'changed' | 'deleted'; path: string }[]> {
    const kinds = { A: 'added', C: 'changed', D: 'deleted' } as const;
    return (await this.call(['diff', container])).split('\n').flatMap((line) => {
      const kind = kinds[line[0] as keyof typeof kinds];
      return kind ? [{ kind, path: line.slice(2) }] : [];
    });
  }

  /** Copies a file or a folder's content out of a container. @returns false where there is none */
  async copyOut(container: string, path: string, target: string): Promise<boolean> {
    try {
      await this.call(['cp', `${container}:${path}`, target], 10 * QUICK_MS);
      return true;
    } catch (error) {
      if (error instanceof ContainerEngineError && /no such|could not find|not found/i.test(error.output))
        return false;
      throw error;
    }
  }

  /** Removes containers and images that processes of this machine left which are no more. */
  async sweep(label: string, isAlive: (value: string) => boolean): Promise<void> {
    for (const [list, inspect, remove] of [
      [['ps', '--all', '--quiet'], ['inspect'], ['rm', '--force', '--volumes']],
      [
        ['images', '--quiet'],
        ['image', 'inspect'],
        ['rmi', '--force'],
      ],
    ] as const) {
      const ids = (await this.call([...list, '--filter', `label=${label}`])).split('\n').filter(Boolean);
      for (const id of new Set(ids)) {
        const format = `{{index .Config.Labels "${label}"}}`;
        const owner = (await this.call([...inspect, '--format', format, id]).catch(() => '')).trim();
        if (owner !== '' && !isAlive(owner)) await this.call([...remove, id]).catch(() => {});
      }
    }
  }
}

/** A field of a list that commas separate. */
function csv(name: string, value: string): string {
  const field = `${name}=${value}`;
  return /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

function call(
  program: string,
  args: readonly string[],
  timeout: number,
  signal?: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      program,
      args,
      { timeout, maxBuffer: MAX_OUTPUT, killSignal: 'SIGKILL', ...(signal && { signal }) },
      (error, stdout, stderr) => {
        if (!error) resolve(stdout);
        else if (typeof error.code === 'number' || error.killed)
          reject(
            new ContainerEngineError(
              program,
              args[0] === 'image' ? args.slice(0, 2).join(' ') : args[0]!,
              error.killed && !signal?.aborted ? `it took longer than ${timeout / 1000} s` : stderr || stdout,
            ),
          );
        else reject(error);
      },
    );
  });
}
