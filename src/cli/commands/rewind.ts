import type { Command } from 'commander';
import { changingSteps, standing, takeBack } from '../../agent/index.ts';
import { UsageError } from '../exit.ts';
import { openThreadHere } from '../open-thread-here.ts';
import { positiveInteger } from '../options.ts';
import { print, printJson } from '../output.ts';
import { report } from './undo.ts';

interface RewindFlags {
  thread?: string;
  keepFiles?: boolean;
  json?: boolean;
}

export function define(command: Command): void {
  command
    .argument('<step>', 'the step to go back to the beginning of', positiveInteger)
    .option('--thread <id>', 'whose work (default: the newest session of this folder)')
    .option('--keep-files', 'only the conversation; files stay as they are')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\n`kino threads show` numbers the steps. `kino resume` goes on from there.')
    .action(rewind);
}

async function rewind(step: number, flags: RewindFlags): Promise<void> {
  await using here = await openThreadHere(flags.thread);
  const asked = standing(here.events).find(
    (event) => event.type === 'model.requested' && event.step === step,
  );
  if (!asked) throw new UsageError(`${here.id} has no step ${step}.`);
  const steps = changingSteps(here.events).filter((one) => one.step >= step);
  if (!flags.keepFiles && steps.length > 0) {
    const done = await takeBack(await here.snapshots(), steps);
    await here.store.append(here.id, [done]);
    if (!flags.json) report(done, false);
  }
  // The conversation forgets the taking back as well: it is as before the step.
  await here.store.append(here.id, [{ type: 'thread.rewound', step, toSeq: asked.seq - 1 }]);
  if (flags.json) printJson({ thread: here.id, step, steps: steps.map((one) => one.step) });
  else print(`${here.id} is as it was before step ${step}.`);
}
