import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { environmentsFolder, loadHarbor, writeTasks } from '../../environment/index.ts';
import { UsageError } from '../exit.ts';
import { shownPath } from '../mining/file.ts';
import { paint, plain, print, printJson } from '../output.ts';

export function define(command: Command): void {
  command
    .command('import')
    .summary('tasks of Harbor or of Terminal-Bench, to be run without Docker')
    .description(
      'Read tasks in Harbor’s format (any version) or the old one of Terminal-Bench, and say of each whether it can be run here. Nothing of them is run.',
    )
    .argument('<path>', 'a task’s folder, a folder of such folders, or a dataset.toml')
    .option('--out <file>', 'where to write (default: .kino/environments/<name>.jsonl of this folder)')
    .option('--json', 'print what was read and what was refused as JSON')
    .action(importTasksOf);
}

async function importTasksOf(path: string, flags: { out?: string; json?: boolean }): Promise<void> {
  const { importTasks } = await loadHarbor();
  const { rows, refused, warnings } = await importTasks(resolve(path));
  const name = basename(resolve(path)).replace(/\.toml$/, '');
  const file =
    rows.length === 0 ? null : flags.out === undefined ? await defaultFile(name) : resolve(flags.out);
  if (file !== null) await writeTasks(file, rows);
  if (flags.json) {
    printJson({
      file,
      tasks: rows.map(({ id, name: task, folder }) => ({ id, name: task, folder })),
      refused,
      warnings,
    });
  } else {
    for (const { task, reason } of refused)
      print(`${paint('yellow', 'refused')} ${plain(task)}: ${plain(reason)}`);
    for (const warning of warnings) print(paint('dim', plain(warning)));
    if (file !== null)
      print(
        `\n${rows.length} tasks in ${shownPath(file)}${refused.length > 0 ? `, ${refused.length} refused` : ''}\nNext: kino check ${shownPath(file)}`,
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
