import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { type Task, taskSchema } from './task.ts';

/** A file of tasks that cannot be read, or holds what is no task. */
export class EnvironmentFileError extends Error {
  override name = 'EnvironmentFileError';
  readonly path: string;
  constructor(path: string, reason: string) {
    super(`${path}: ${reason}.`);
    this.path = path;
  }
}

/** Where the environments of a repository are. */
export function environmentsFolder(root: string): string {
  return join(root, '.kino', 'environments');
}

/** Writes tasks as JSON Lines, whole or not at all. @throws EnvironmentFileError */
export async function writeTasks(path: string, tasks: readonly Task[]): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, tasks.map((task) => `${JSON.stringify(portable(task, path))}\n`).join(''));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new EnvironmentFileError(path, `cannot be written (${(error as Error).message})`);
  }
}

/**
 * A task of the repository that the file lies in names it from there, so that both can move together and clones give
 * the same bytes.
 */
function portable(task: Task, file: string): Task {
  if (task.kind === 'harbor') return task;
  const { path } = task.repository;
  const folder = dirname(resolve(file));
  if (!isAbsolute(path) || !`${folder}${sep}`.startsWith(`${path}${sep}`)) return task;
  return { ...task, repository: { ...task.repository, path: relative(folder, path) || '.' } };
}

function located(task: Task, folder: string): Task {
  if (task.kind === 'harbor') return task;
  return { ...task, repository: { ...task.repository, path: resolve(folder, task.repository.path) } };
}

/** Reads tasks from JSON Lines. @throws EnvironmentFileError that names the line */
export async function readTasks(path: string): Promise<Task[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new EnvironmentFileError(
      path,
      `cannot be read (${(error as NodeJS.ErrnoException).code ?? error})`,
    );
  }
  const tasks: Task[] = [];
  const ids = new Set<string>();
  text.split('\n').forEach((line, index) => {
    if (line.trim() === '') return;
    const at = `line ${index + 1}`;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw new EnvironmentFileError(path, `${at} is not JSON`);
    }
    const parsed = taskSchema.safeParse(value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!;
      throw new EnvironmentFileError(
        path,
        `${at} is no task (${issue.path.join('.') || 'row'}: ${issue.message})`,
      );
    }
    if (ids.has(parsed.data.id))
      throw new EnvironmentFileError(path, `${at} repeats the task ${parsed.data.id}`);
    ids.add(parsed.data.id);
    tasks.push(located(parsed.data, dirname(path)));
  });
  if (tasks.length === 0) throw new EnvironmentFileError(path, 'holds no task');
  return tasks;
}

/**
 * The file that a name or a path stands for: the path itself, or an environment of the repository at `root`.
 *
 * @throws EnvironmentFileError that lists what there is
 */
export async function findEnvironment(name: string, root: string): Promise<string> {
  const folder = environmentsFolder(root);
  for (const path of [resolve(name), join(folder, name), join(folder, `${name}.jsonl`)]) {
    // A folder of that name where one happens to stand is not what is meant.
    const found = await stat(path).catch(() => undefined);
    if (found && !found.isDirectory()) return path;
  }
  const known = await readdir(folder).catch(() => []);
  const names = known
    .filter((file) => file.endsWith('.jsonl'))
    .map((file) => file.slice(0, -'.jsonl'.length))
    .sort();
  const hint =
    names.length > 0
      ? `there are: ${names.join(', ')}`
      : 'make one with `kino mine localize` or `kino mine fix`';
  throw new EnvironmentFileError(name, `there is no such environment; ${hint}`);
}
