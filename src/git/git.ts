import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { access } from 'node:fs/promises';
import { GitError, GitMissingError } from './errors.ts';

/**
 * What a repository's own configuration may not do to us: run programs (hooks, file monitors, external diffs,
 * text converters, credential helpers, transports) or ask questions.
 */
const SAFE_CONFIG = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.quotePath=false',
  'core.pager=cat',
  'diff.external=',
  // Inside of a submodule git would obey what that is configured to run.
  'diff.submodule=short',
  'status.submoduleSummary=false',
  'log.showSignature=false',
  'credential.helper=',
  'protocol.ext.allow=never',
  'gc.auto=0',
  'maintenance.auto=false',
].flatMap((setting) => ['-c', setting]);

/** The environment for git: ours, without any GIT_* that would point it elsewhere. */
function gitEnvironment(alone: boolean): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) if (!name.startsWith('GIT_')) env[name] = value;
  env.GIT_TERMINAL_PROMPT = '0';
  env.GIT_OPTIONAL_LOCKS = '0';
  env.GIT_NO_REPLACE_OBJECTS = '1';
  env.GIT_NO_LAZY_FETCH = '1';
  // Git before 2.45 does not know that: it would fetch what is missing, by a program that the repository names.
  env.GIT_ALLOW_PROTOCOL = 'none';
  env.LC_ALL = 'C';
  if (alone) {
    env.GIT_CONFIG_GLOBAL = '/dev/null';
    env.GIT_CONFIG_NOSYSTEM = '1';
  }
  return env;
}

const apart = new Set<ChildProcess>();

/** Who has a process group of its own outlives a Kino that leaves at the second Ctrl-C. */
function endWithKino(child: ChildProcess): void {
  if (apart.size === 0) process.on('exit', endAll);
  apart.add(child);
  child.once('close', () => {
    apart.delete(child);
    if (apart.size === 0) process.off('exit', endAll);
  });
}

function endAll(): void {
  for (const child of apart) child.kill('SIGKILL');
}

/** Starts git in a folder. Its arguments are passed as they are; no shell is involved. */
export function startGit(
  cwd: string,
  args: readonly string[],
  { signal, alone = false, env = {} }: Omit<GitOptions, 'input'> = {},
): ChildProcessWithoutNullStreams {
  const child = spawn('git', [...SAFE_CONFIG, ...args], {
    cwd,
    env: { ...gitEnvironment(alone), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    // The terminal's Ctrl-C is Kino's to answer: a snapshot that it cut off could not be told from a whole one.
    detached: alone,
    ...(signal && { signal }),
  });
  if (alone) endWithKino(child);
  // A git that ends early closes its input; what it says on standard error is the better message.
  child.stdin.on('error', () => {});
  return child;
}

export interface GitOptions {
  /** Without the configuration of the person and the machine (no filters, no templates), out of reach of Ctrl-C. */
  alone?: boolean;
  /** Further variables: another index, another git directory. */
  env?: Record<string, string>;
  input?: string | Buffer;
  signal?: AbortSignal;
}

/**
 * Standard output of a git command, as it comes.
 *
 * @throws GitMissingError @throws GitError when git ends with another code than 0
 */
export async function* streamGit(
  cwd: string,
  args: readonly string[],
  options: GitOptions = {},
): AsyncGenerator<Buffer> {
  const child = startGit(cwd, args, options);
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < 10_000) stderr += chunk;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      // ENOENT also stands for a working folder that is gone, and then git is not what is missing.
      if (error.code === 'ENOENT' && error.path === 'git') resolve(missing(cwd, args));
      else reject(error);
    });
    child.on('close', (code) => resolve(code));
  });
  ended.catch(() => {});
  child.stdin.end(options.input ?? '');
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
  } finally {
    if (child.exitCode === null && child.stdout.readableEnded === false) child.kill('SIGKILL');
  }
  const code = await ended;
  if (code !== 0) throw new GitError(args, code, stderr);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function missing(cwd: string, args: readonly string[]): Promise<never> {
  return exists(cwd).then((there) => {
    throw there ? new GitMissingError() : new GitError(args, null, `there is no folder ${cwd}`);
  });
}

/** Standard output of a git command as bytes. @throws GitMissingError @throws GitError */
export async function gitBytes(
  cwd: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of streamGit(cwd, args, options)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Standard output of a git command as text, without its last newline. @throws GitMissingError @throws GitError */
export async function git(cwd: string, args: readonly string[], options: GitOptions = {}): Promise<string> {
  return (await gitBytes(cwd, args, options)).toString('utf8').replace(/\n$/, '');
}
