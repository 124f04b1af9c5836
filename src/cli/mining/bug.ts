import type { Command } from 'commander';
import { kinoHome, loadConfig } from '../../config/index.ts';
import { type Candidate, type FixTask, FunnelCounter, loadBugMining } from '../../environment/index.ts';
import { openRepository } from '../../git/index.ts';
import { InterruptedError } from '../exit.ts';
import { untilInterrupted } from '../interrupt.ts';
import { positiveInteger } from '../options.ts';
import { plain, print, table } from '../output.ts';
import { Progress } from '../progress.ts';
import { finishMining } from './finish.ts';

interface BugFlags {
  at?: string;
  limit: number;
  combine: number;
  tries: number;
  seconds: number;
  testCommand?: string;
  testReport: string;
  jobs: number;
  out?: string;
  json?: boolean;
}

export function defineBug(command: Command): void {
  command
    .command('bug')
    .summary('tasks that ask to mend a bug that was put into covered code')
    .description(
      'Put bugs into code that tests cover (a wrong operator, an off by one, a removed guard …), each of which breaks at least one test and leaves the others running.',
    )
    .argument('[repo]', 'the repository', '.')
    .option('--at <commit>', 'the commit to put bugs into (default: HEAD)')
    .option('--limit <n>', 'stop after this many tasks', positiveInteger, 20)
    .option('--combine <n>', 'make each bug of so many changes', positiveInteger, 1)
    .option('--tries <n>', 'give up after this many', positiveInteger, 400)
    .option('--seconds <n>', 'the longest that a run of tests may take', positiveInteger, 120)
    .option('--test-command <command>', 'how the tests are run, where Kino cannot tell; leaves JUnit XML')
    .option('--test-report <pattern>', 'where --test-command leaves its XML', '**/*.xml')
    .option('-j, --jobs <n>', 'bugs tried at once', positiveInteger, 2)
    .option('--out <file>', 'where to write (default: .kino/environments/bug.jsonl of the repository)')
    .option('--json', 'print the funnel as JSON')
    .action(mine);
}

async function mine(path: string, flags: BugFlags): Promise<void> {
  const signal = untilInterrupted();
  const repository = await openRepository(path);
  const { network } = await loadConfig();
  const { BUG_REASONS, mineBugs } = await loadBugMining();
  const progress = new Progress();
  const counter = new FunnelCounter(Object.values(BUG_REASONS));
  const tasks: FixTask[] = [];
  const rows: unknown[] = [];
  const place = {
    home: kinoHome(),
    signal,
    ...(network?.allowedDomains && { allowHosts: network.allowedDomains }),
  };
  progress.update(`running the tests of ${repository.name}`);
  try {
    const mined = mineBugs(repository, {
      ...flags,
      place,
      ...(flags.testCommand !== undefined && {
        given: { command: flags.testCommand, report: flags.testReport },
      }),
    });
    for await (const candidate of mined) {
      counter.add(candidate);
      rows.push(toRow(candidate));
      if ('task' in candidate) tasks.push(candidate.task);
      progress.update(
        `${repository.name}: ${counter.commits} bugs tried, ${counter.tasks} tasks  ${plain(candidate.subject)}`,
      );
    }
  } catch (error) {
    if (signal.aborted) throw new InterruptedError('Stopped; the same command goes on from here.');
    throw error;
  } finally {
    progress.clear();
  }
  await finishMining(
    {
      repository,
      name: 'bug',
      tasks,
      funnel: counter.funnel(),
      rows: { of: 'bugs', each: rows },
      none: `No bug in ${repository.path} is noticed by its tests`,
      show: printBugs,
      next: ['kino eval', '--agent mutate --agent nop'],
    },
    flags,
  );
}

function printBugs(tasks: readonly FixTask[]): void {
  const columns = [{ title: 'task' }, { title: 'fail/pass', align: 'right' as const }, { title: 'bug' }];
  const rows = tasks.map(({ id, tests, source }) => [
    id,
    `${tests.failToPass.length}/${tests.passToPass.length}`,
    plain(source.subject).slice(0, 60),
  ]);
  print(table(columns, rows));
}

function toRow(candidate: Candidate<FixTask>) {
  const { subject } = candidate;
  if ('dropped' in candidate) return { bug: subject, dropped: candidate.dropped, detail: candidate.detail };
  return { bug: subject, task: candidate.task.id, failToPass: candidate.task.tests.failToPass.length };
}
