import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync } from 'node:fs';
import { copyFile, cp, lstat, mkdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import {
  forgetWorktree,
  kinoHome,
  registerWorktree,
  trustOf,
  type Worktree,
  type WorktreeConfig,
} from '../config/index.ts';
import {
  addWorktree,
  isOwnRepository,
  openRepository,
  removeWorktree,
  resolveCommit,
  uncommittedIn,
  withoutFilters,
} from '../git/index.ts';
import { WorkspaceFiles } from '../sandbox/index.ts';

const FIRST_PORT = 42_000;
const LAST_PORT = 60_000;
const DEFAULT_PORTS = 10;
const DEFAULT_INCLUDE = ['.env', '.env.*'];

/** A worktree that cannot be made or removed, with what to do instead. */
export class WorktreeError extends Error {
  override name = 'WorktreeError';
}

export interface MadeWorktree {
  worktree: Worktree;
  /** Ignored files that were copied into it. */
  copied: string[];
  /** Its set-up ran and failed: how. */
  problem?: string;
}

/**
 * Makes a worktree on a branch of its own, beside all others of Kino, with the files that git ignores and work needs,
 * and with ports that no other worktree has.
 *
 * @param config what the repository says of itself; only of one that is trusted
 * @param say told what the set-up prints
 * @param from the commit that it starts from
 * @throws WorktreeError @throws NotARepositoryError @throws NoSuchCommitError
 */
export async function createWorktree(
  root: string,
  name: string,
  config: WorktreeConfig,
  say: (text: string) => void,
  from = 'HEAD',
): Promise<MadeWorktree> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$/.test(name) || name.endsWith('.lock') || name.includes('..'))
    throw new WorktreeError(
      `${JSON.stringify(name)} is no name for a worktree: letters, digits, dots and dashes are.`,
    );
  const isTrusted = (await trustOf(root)) === 'trusted';
  if (!isTrusted && !(await isOwnRepository(root)))
    throw new WorktreeError(
      `${root} only points at a repository elsewhere: \`kino trust\` it, if that is what you want to work on.`,
    );
  const base = await openRepository(root)
    .then((repository) => resolveCommit(repository, from))
    .catch((error: Error) => {
      if (error.name !== 'NotARepositoryError' && error.name !== 'NoSuchCommitError') throw error;
      throw new WorktreeError(
        `${error.message} A worktree starts from a commit: make one, or work in the folder itself.`,
      );
    });
  const hash = createHash('sha256').update(root).digest('hex').slice(0, 6);
  const folder = join(kinoHome(), 'worktrees', `${basename(root)}-${hash}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // As git will know it, whatever links lead to the home folder.
  const path = join(await realpath(folder), name);
  if (existsSync(path)) throw new WorktreeError(`There is a worktree ${name} already: ${path}.`);
  const branch = `kino/${name}`;
  try {
    // Programs that a repository names for its files are run where the person trusts it.
    await addWorktree(root, path, branch, base, isTrusted ? {} : await withoutFilters(root));
  } catch (error) {
    throw new WorktreeError(
      `The worktree ${name} cannot be made: ${(error as Error).message.split('\n').at(-1)}`,
    );
  }
  const worktree = await registerWorktree((all) => {
    const port = freePort(all, config.ports ?? DEFAULT_PORTS);
    return { ...{ name, path, root, branch, port }, at: new Date().toISOString() };
  });
  const copied = await copyIgnored(root, path, config.include ?? DEFAULT_INCLUDE);
  const problem = config.setup && (await runScript(config.setup, worktree, say));
  return { worktree, copied, ...(problem !== undefined && { problem }) };
}

/** The first block of ports that no worktree has. */
function freePort(worktrees: readonly Worktree[], count: number): number {
  const taken = new Set(worktrees.map(({ port }) => port));
  // Blocks are as wide as the widest may be, so that they never meet.
  const width = Math.max(100, count);
  for (let port = FIRST_PORT; port < LAST_PORT; port += width) if (!taken.has(port)) return port;
  throw new WorktreeError('No ports are left for another worktree: remove one.');
}

async function copyIgnored(root: string, path: string, patterns: readonly string[]): Promise<string[]> {
  const exclude = (name: string) => /(?:^|\/)\.git$/.test(name);
  const found = globSync([...patterns], { cwd: root, exclude }).filter(
    (file) => !relative(root, join(root, file)).startsWith('..'),
  );
  const copied: string[] = [];
  const files = new WorkspaceFiles(path);
  for (const file of found.sort()) {
    // A link that is checked out could lead anywhere: what lies behind one is nothing new.
    const target = await files.resolve(file).catch(() => undefined);
    if (target === undefined || (await lstat(join(path, file)).catch(() => undefined))) continue;
    // What a link leads to, where it leads out, is nothing that belongs to the repository.
    const real = await realpath(join(root, file)).catch(() => undefined);
    if (real === undefined || relative(root, real).split(sep)[0] === '..') continue;
    await mkdir(dirname(target), { recursive: true });
    if ((await stat(join(root, file))).isDirectory()) await cp(join(root, file), target, { recursive: true });
    else await copyFile(join(root, file), target);
    copied.push(file);
  }
  return copied;
}

/** What the scripts of a worktree, and commands in it, find in their environment. */
export function worktreeEnvironment({ name, path, root, port }: Worktree): Record<string, string> {
  return { KINO_WORKTREE: name, KINO_WORKTREE_PATH: path, KINO_ROOT: root, KINO_PORT: String(port) };
}

/**
 * Runs a script of the repository in a worktree, as the person.
 *
 * @returns how it failed; undefined where it did not
 */
export function runScript(
  command: readonly string[],
  worktree: Worktree,
  say: (text: string) => void,
): Promise<string | undefined> {
  const [program = '', ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: worktree.path,
      env: { ...process.env, ...worktreeEnvironment(worktree) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.on('data', (chunk: Buffer) => say(chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => say(chunk.toString('utf8')));
    child.on('error', (error) => resolve(`${program} could not be started: ${error.message}`));
    child.on('close', (code, signal) =>
      resolve(
        code === 0
          ? undefined
          : `${command.join(' ')} ended ${signal ? `by ${signal}` : `with exit code ${code}`}`,
      ),
    );
  });
}

/**
 * Removes a worktree, after its archive script. What is nowhere else is not thrown away unless the person says so.
 *
 * @returns what became of its branch, in a sentence
 * @throws WorktreeError
 */
export async function dropWorktree(
  worktree: Worktree,
  config: WorktreeConfig,
  { force, say }: { force: boolean; say: (text: string) => void },
): Promise<string> {
  const { path, root, branch, name } = worktree;
  if (!existsSync(path)) {
    await forgetWorktree(path);
    return `Its folder was gone already; the branch ${branch} is as it was.`;
  }
  const isTrusted = (await trustOf(root)) === 'trusted';
  const uncommitted = await uncommittedIn(path, isTrusted ? {} : await withoutFilters(path));
  if (uncommitted.length > 0 && !force) {
    const some = uncommitted.slice(0, 3).join(', ');
    throw new WorktreeError(
      `${name} holds ${uncommitted.length} files that are not committed (${some}…): commit them, or say --force to lose them.`,
    );
  }
  const problem = config.archive && (await runScript(config.archive, worktree, say));
  if (problem !== undefined && !force)
    throw new WorktreeError(`Its archive script failed: ${problem}. Say --force to remove it anyway.`);
  const gone = await removeWorktree(root, path, branch);
  await forgetWorktree(path);
  return gone
    ? `Its branch ${branch} is gone as well.`
    : `Its branch ${branch} stays: it has commits that are nowhere else.`;
}
