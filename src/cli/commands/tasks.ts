import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { kinoHome } from '../../config/index.ts';
import {
  environmentsFolder,
  findEnvironment,
  loadHarbor,
  readTasks,
  writeTasks,
} from '../../environment/index.ts';
import { openRepository } from '../../git/index.ts';
import { UsageError } from '../exit.ts';
import { untilInterrupted } from '../interrupt.ts';
import { shownPath } from '../mining/file.ts';
import { positiveInteger } from '../options.ts';
import { paint, plain, print, printJson } from '../output.ts';

export function define(command: Command): void {
  command
    .command('import')
    .summary('tasks of Harbor or of Terminal-Bench, run without Docker where that can be done')
    .description(
      'Read tasks in Harbor’s format (any version) or the old one of Terminal-Bench, and say of each whether it can be run here. Nothing of them is run.',
    )
    .argument('<path>', 'a task’s folder, a folder of such folders, or a dataset.toml')
    .option('--out <file>', 'where to write (default: .kino/environments/<name>.jsonl of this folder)')
    .option('--json', 'print what was read and what was refused as JSON')
    .action(importTasksOf);
  command
    .command('export')
    .summary('`fix` tasks as folders that Harbor runs')
    .description(
      'Write each task as a folder in Harbor’s format: base and dependencies in a Dockerfile, hidden tests with a judge, and the gold patch as its solution.',
    )
    .argument('<environment>', 'a file of tasks, or the name of an environment in .kino/environments')
    .requiredOption('--harbor', 'the format: Harbor’s')
    .requiredOption('--out <folder>', 'where to write; a folder for each task is made in it')
    .option('-n, --limit <n>', 'only so many tasks', positiveInteger)
    .option('--json', 'print what was written as JSON')
    .action(exportTasksOf);
}

async function exportTasksOf(
  environment: string,
  flags: { out: string; limit?: number; json?: boolean },
): Promise<void> {
  const signal = untilInterrupted();
  const { toHarbor, writeHarborTask } = await loadHarbor();
  const tasks = (await readTasks(await findEnvironment(environment, process.cwd()))).slice(0, flags.limit);
  const written: { task: string; folder: string }[] = [];
  const refused: { task: string; reason: string }[] = [];
  for (const task of tasks) {
    signal.throwIfAborted();
    try {
      if (task.kind !== 'fix')
        throw new UsageError(`Only fix tasks can be exported; ${task.id} is ${task.kind}.`);
      const repository = await openRepository(task.repository.path);
      const draft = await toHarbor(task, repository, { home: kinoHome(), signal });
      const folder = join(resolve(flags.out), draft.config.task!.name.split('/')[1]!);
      await writeHarborTask(folder, draft);
      written.push({ task: task.id, folder });
    } catch (error) {
      if (!(error instanceof Error) || !/^(?:NotExportable|Usage|HarborTask)Error$/.test(error.name))
        throw error;
      refused.push({ task: task.id, reason: error.message });
    }
  }
  if (flags.json) printJson({ written, refused });
  else {
    for (const { reason } of refused) print(`${paint('yellow', 'refused')} ${plain(reason)}`);
    print(`${written.length} tasks in ${shownPath(resolve(flags.out))}`);
  }
  if (written.length === 0) throw new UsageError('No task was written.');
}

async function importTasksOf(path: string, flags: { out?: string; json?: boolean }): Promise<void> {
  const { importTasks } = await loadHarbor();
  const { rows, byEngine, refused, warnings } = await importTasks(resolve(path));
  const name = basename(resolve(path)).replace(/\.toml$/, '');
  const file =
    rows.length === 0 ? null : flags.out === undefined ? await defaultFile(name) : resolve(flags.out);
  if (file !== null) await writeTasks(file, rows);
  if (flags.json) {
    printJson({
      file,
      tasks: rows.map(({ id, name: task, folder }) => ({ id, name: task, folder })),
      byEngine,
      refused,
      warnings,
    });
  } else {
    for (const { task, reason } of refused)
      print(`${paint('yellow', 'refused')} ${plain(task)}: ${plain(reason)}`);
    for (const warning of warnings) print(paint('dim', plain(warning)));
    const engines = Object.entries(byEngine).map(([engine, count]) => `, ${count} need ${engine}`);
    if (file !== null)
      print(
        `\n${rows.length} tasks in ${shownPath(file)}${engines.join('')}${refused.length > 0 ? `, ${refused.length} refused` : ''}\nNext: kino check ${shownPath(file)}`,
      );
  }
  if (rows.length === 0) throw new UsageError('None of these tasks can be run here; nothing was written.');
}

async function defaultFile(name: string): Promise<string> {
  const folder = environmentsFolder(process.cwd());
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, '.gitignore'), '*\n', { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return join(folder, `${name}.jsonl`);
}
