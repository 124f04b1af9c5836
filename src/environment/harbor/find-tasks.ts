import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type HarborDataset, parseHarborDataset } from './dataset.ts';
import { taskDigest } from './digest.ts';
import { HarborTaskError } from './error.ts';
import type { HarborTask } from './harbor-task.ts';
import { asTaskError, fileIfAny, readTaskText, statIfAny } from './task-files.ts';
import { readHarborTask } from './task-folder.ts';
import { readTerminalBenchTask } from './terminal-bench.ts';

/** How far below the folder that was named a task may lie. */
const MAX_DEPTH = 2;

export interface FoundHarborTasks {
  /** In the order of their folders, or of the dataset. */
  tasks: HarborTask[];
  /** Folders that look like a task and are none, and tasks of a dataset that are missing or changed. */
  refused: HarborTaskError[];
  dataset?: HarborDataset;
  /** What was passed over in the dataset, a sentence each. */
  warnings: string[];
}

/**
 * The tasks that a path stands for: a task's folder, of Harbor or of the old Terminal-Bench; a folder of such folders,
 * one or two levels down; a dataset.toml, or a folder with one, whose tasks lie beside it. A task of a dataset counts
 * only where its digest is the one that the dataset pins.
 *
 * @throws HarborTaskError for a task's folder that cannot be read, and where there is no task at all
 */
export async function findHarborTasks(path: string): Promise<FoundHarborTasks> {
  const found = await statIfAny(path);
  if (!found) throw new HarborTaskError(path, 'is not there');
  const real = await realpath(path).catch((error) => {
    throw asTaskError(error, path);
  });
  const folder = found.isDirectory() ? real : dirname(real);
  const reader = found.isDirectory() ? await readerFor(folder) : undefined;
  if (reader) return { tasks: [await reader(folder)], refused: [], warnings: [] };
  if (found.isFile() && basename(real) !== 'dataset.toml') {
    throw new HarborTaskError(path, 'is neither a folder nor a dataset.toml');
  }
  const beside: FoundHarborTasks = { tasks: [], refused: [], warnings: [] };
  await collect(folder, 1, beside);
  const manifest = await fileIfAny(join(folder, 'dataset.toml'));
  const all = manifest === undefined ? beside : await chosen(manifest, beside);
  if (all.tasks.length === 0 && all.refused.length === 0) throw new HarborTaskError(path, 'holds no task');
  return all;
}

async function readerFor(folder: string): Promise<((folder: string) => Promise<HarborTask>) | undefined> {
  if (await fileIfAny(join(folder, 'task.toml'))) return readHarborTask;
  return (await fileIfAny(join(folder, 'task.yaml'))) ? readTerminalBenchTask : undefined;
}

async function collect(folder: string, depth: number, into: FoundHarborTasks): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
    throw asTaskError(error, folder);
  });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    try {
      if (entry.isSymbolicLink() && (await readerFor(path))) {
        throw new HarborTaskError(path, 'is a symbolic link, which is not followed');
      }
      if (!entry.isDirectory()) continue;
      const reader = await readerFor(path);
      if (reader) into.tasks.push(await reader(path));
      else if (depth < MAX_DEPTH) await collect(path, depth + 1, into);
    } catch (error) {
      into.refused.push(asTaskError(error, path));
    }
  }
}

async function chosen(manifest: string, beside: FoundHarborTasks): Promise<FoundHarborTasks> {
  const { dataset, warnings } = parseHarborDataset(await readTaskText(manifest), manifest);
  const tasks: HarborTask[] = [];
  const refused = [...beside.refused];
  const seen = new Set<string>();
  for (const [index, { name, digest }] of dataset.tasks.entries()) {
    // Harbor lists a task twice where a dataset does, and runs it once.
    if (seen.has(`${name} ${digest}`)) continue;
    seen.add(`${name} ${digest}`);
    const key = `tasks.${index}`;
    const task =
      beside.tasks.find((one) => one.name === name) ??
      beside.tasks.find((one) => one.config.task === undefined && one.name === name.split('/')[1]);
    if (task === undefined) {
      refused.push(new HarborTaskError(manifest, `names ${name}, which does not lie beside it`, { key }));
      continue;
    }
    const actual = await taskDigest(task.folder);
    if (actual === digest) tasks.push(task);
    else
      refused.push(new HarborTaskError(task.folder, `is not what ${manifest} pins: its digest is ${actual}`));
  }
  return { tasks, refused, dataset, warnings };
}
