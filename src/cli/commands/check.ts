import type { Command } from 'commander';
import { findEnvironment, readTasks, type Task } from '../../environment/index.ts';
import { misfits } from '../../eval/index.ts';
import { untilInterrupted } from '../interrupt.ts';
import { positiveInteger } from '../options.ts';
import { fraction, paint, plain, print, printJson, table } from '../output.ts';
import { evaluateTasks } from './eval.ts';

interface CheckFlags {
  limit?: number;
  jobs: number;
  json?: boolean;
}

export function define(command: Command): void {
  command
    .description(
      'Check tasks and their verifier with two baselines: the task’s own answer (oracle) must get 1, doing nothing (nop) must get 0.',
    )
    .argument('<environment...>', 'files of tasks, or names of environments in .kino/environments')
    .option('-n, --limit <n>', 'only so many tasks: a random sample, the same each time', positiveInteger)
    .option('-j, --jobs <n>', 'rollouts at once', positiveInteger, 2)
    .option('--json', 'print what does not fit as JSON')
    .action(check);
}

async function check(environments: string[], flags: CheckFlags): Promise<void> {
  const signal = untilInterrupted();
  const tasks: Task[] = [];
  for (const environment of environments)
    tasks.push(...(await readTasks(await findEnvironment(environment, process.cwd()))));
  const once = [...new Map(tasks.map((task) => [task.id, task])).values()];
  const experiment = await evaluateTasks(
    once,
    environments.join(' '),
    { ...flags, agent: ['oracle', 'nop'], attempts: 1, new: true },
    signal,
  );
  if (signal.aborted) {
    process.stderr.write('kino: Stopped; nothing is known of the tasks that were not reached.\n');
    process.exitCode = 130;
    return;
  }
  const wrong = misfits(experiment);
  const { tasks: checked } = experiment.plan;
  const bad = new Set(wrong.map(({ task }) => task));
  if (wrong.length > 0) process.exitCode = 1;
  if (flags.json)
    return printJson({
      experiment: experiment.summary.id,
      tasks: checked.length,
      sound: checked.length - bad.size,
      misfits: wrong,
    });
  if (wrong.length === 0) {
    print(`${paint('green', 'sound')}: on ${checked.length} tasks oracle gets 1 and nop gets 0`);
    return;
  }
  const rows = wrong.map(({ task, agent, wanted, reward, reason, thread }) => [
    task,
    agent,
    String(wanted),
    reward === null ? paint('yellow', 'unscored') : paint('red', fraction(reward)),
    thread,
    plain(reason).slice(0, 70),
  ]);
  print(
    table(
      [
        { title: 'task' },
        { title: 'agent' },
        { title: 'must get' },
        { title: 'got' },
        { title: 'thread' },
        { title: 'why' },
      ],
      rows,
    ),
  );
  print(
    `\n${checked.length - bad.size} of ${checked.length} tasks are sound; kino threads show <thread> tells what happened on the others`,
  );
}
