import { type Command, Option } from 'commander';
import { changingSteps, takeBack } from '../../agent/index.ts';
import type { FilesRestored } from '../../thread/index.ts';
import { UsageError } from '../exit.ts';
import { openThreadHere } from '../open-thread-here.ts';
import { paint, plain, print, printJson } from '../output.ts';

interface UndoFlags {
  thread?: string;
  list?: boolean;
  json?: boolean;
}

export function define(command: Command): void {
  command
    .option('--thread <id>', 'whose work (default: the newest session of this folder)')
    .option('--list', 'show what can be taken back, and change nothing')
    .addOption(new Option('--json', 'print the result as JSON'))
    .addHelpText(
      'after',
      '\nTakes back what the last step changed that changed files. A file that was changed since stays as it is.\n`kino rewind <step>` takes back several steps, and the conversation with them.',
    )
    .action(undo);
}

async function undo(flags: UndoFlags): Promise<void> {
  await using here = await openThreadHere(flags.thread);
  const steps = changingSteps(here.events);
  if (flags.list) {
    if (flags.json) return printJson(steps.map(({ step }) => ({ step })));
    if (steps.length === 0) return print('Nothing can be taken back.');
    const snapshots = await here.snapshots();
    for (const { step, before, after } of steps) {
      const changes = after === undefined ? [] : await snapshots.changes(before, after);
      print(
        `${String(step).padStart(4)}  ${plain(changes.map(({ path }) => path).join(', ')) || 'was cut off'}`,
      );
    }
    return;
  }
  const last = steps.at(-1);
  if (!last) throw new UsageError(`Nothing in ${here.id} can be taken back: no step of it changed a file.`);
  const done = await takeBack(await here.snapshots(), [last]);
  await here.store.append(here.id, [done]);
  report(done, flags.json ?? false);
}

/** Says what was taken back and what was not. */
export function report(done: FilesRestored, json: boolean): void {
  if (json) {
    printJson(done);
    return;
  }
  const steps = `step${done.steps.length === 1 ? '' : 's'} ${done.steps.join(', ')}`;
  if (done.restored.length === 0 && done.kept.length === 0)
    print(`The files are as they were before ${steps}.`);
  for (const path of done.restored) print(`${paint('green', 'restored')}  ${plain(path)}`);
  for (const { path, reason } of done.kept)
    print(`${paint('yellow', 'kept')}      ${plain(path)}: ${reason}`);
}
