import { type Funnel, type Task, writeTasks } from '../../environment/index.ts';
import type { Repository } from '../../git/index.ts';
import { UsageError } from '../exit.ts';
import { print, printJson } from '../output.ts';
import { shownPath, taskFile } from './file.ts';
import { printFunnel } from './funnel.ts';

export interface Mined<T extends Task> {
  repository: Repository;
  /** The name of the file where none is given. */
  name: string;
  tasks: readonly T[];
  funnel: Funnel;
  /** What was counted, where it is not commits, and what became of each, for `--json`. */
  rows?: { of: 'commits' | 'bugs'; each: readonly unknown[] };
  /** What is said where nothing became a task. */
  none: string;
  /** Prints the tasks, where there is more to say than how many. */
  show?: (tasks: readonly T[]) => void;
  /** The command to go on with, before and after the file. */
  next: readonly [string, string];
}

/** Writes what was mined, and says what became of it. @throws UsageError where nothing became a task */
export async function finishMining<T extends Task>(
  { repository, name, tasks, funnel, rows, none, show, next }: Mined<T>,
  flags: { out?: string; json?: boolean },
): Promise<void> {
  const unit = rows?.of === 'bugs' ? (['bugs'] as const) : ([] as const);
  const file = tasks.length === 0 ? null : await taskFile(repository, name, flags.out);
  if (file !== null) await writeTasks(file, tasks);
  if (flags.json)
    printJson({ repository: repository.path, file, funnel, ...(rows && { [rows.of]: rows.each }) });
  else printFunnel(funnel, ...unit);
  if (file === null) throw new UsageError(`${none}; nothing was written.`);
  if (flags.json) return;
  if (show) {
    print();
    show(tasks);
  }
  const [before, after] = next;
  print(
    `\n${tasks.length} tasks in ${shownPath(file)}\nNext: ${`${before} ${shownPath(file)} ${after}`.trim()}`,
  );
}
