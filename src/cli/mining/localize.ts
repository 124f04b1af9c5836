import type { Command } from 'commander';
import {
  type Candidate,
  type Funnel,
  FunnelCounter,
  LOCALIZE_REASONS,
  type LocalizeTask,
  mineLocalize,
} from '../../environment/index.ts';
import { openRepository, type Repository } from '../../git/index.ts';
import { InterruptedError, UsageError } from '../exit.ts';
import { untilInterrupted } from '../interrupt.ts';
import { positiveInteger } from '../options.ts';
import { paint, plain, print, printJson } from '../output.ts';
import { Progress } from '../progress.ts';
import { finishMining } from './finish.ts';

interface MineFlags {
  limit?: number;
  since?: string;
  out?: string;
  explain?: string;
  json?: boolean;
}

export function defineLocalize(command: Command): void {
  command
    .command('localize')
    .summary('tasks that ask which files a change must touch')
    .description(
      'Turn commits into tasks: the message without file names, and the source files that it changed.',
    )
    .argument('[repo]', 'the repository', '.')
    .option('--limit <n>', 'stop after this many tasks, newest first', positiveInteger)
    .option('--since <date>', 'only commits since then, as git log understands it')
    .option('--out <file>', 'where to write (default: .kino/environments/localize.jsonl of the repository)')
    .option('--explain <commit>', 'say of one commit what becomes of it, and why; writes nothing')
    .option('--json', 'print the funnel as JSON')
    .action(mine);
}

async function mine(path: string, flags: MineFlags): Promise<void> {
  const signal = untilInterrupted();
  const repository = await openRepository(path);
  if (flags.explain !== undefined) return explain(repository, flags.explain, flags.json === true);
  const progress = flags.json ? undefined : new Progress();
  const { tasks, funnel } = await mineTasks(repository, flags, signal, (seen, kept) =>
    progress?.update(`mining ${repository.name}: ${seen} commits, ${kept} tasks`),
  );
  progress?.clear();
  if (repository.shallow) {
    process.stderr.write('kino: The history is shallow; `git fetch --unshallow` would give more tasks.\n');
  }
  await finishMining(
    {
      repository,
      name: 'localize',
      tasks,
      funnel,
      none: `No commit of ${repository.path} becomes a task`,
      next: ['kino eval', '--agent finder --agent nop'],
    },
    flags,
  );
}

/** Mines a repository whole. @throws InterruptedError when `signal` aborts: nothing is written then */
export async function mineTasks(
  repository: Repository,
  options: { limit?: number; since?: string },
  signal: AbortSignal,
  onProgress: (commits: number, tasks: number) => void,
): Promise<{ tasks: LocalizeTask[]; funnel: Funnel }> {
  const counter = new FunnelCounter(Object.values(LOCALIZE_REASONS));
  const tasks: LocalizeTask[] = [];
  const { limit, since } = options;
  try {
    const mined = mineLocalize(repository, {
      ...(limit !== undefined && { limit }),
      ...(since !== undefined && { since }),
      signal,
    });
    for await (const candidate of mined) {
      counter.add(candidate);
      if ('task' in candidate) tasks.push(candidate.task);
      onProgress(counter.commits, counter.tasks);
    }
  } catch (error) {
    if (signal.aborted) throw new InterruptedError('Stopped; nothing was written.');
    throw error;
  }
  return { tasks, funnel: counter.funnel() };
}

async function explain(repository: Repository, commit: string, json: boolean): Promise<void> {
  let candidate: Candidate<LocalizeTask> | undefined;
  for await (const one of mineLocalize(repository, { only: commit })) candidate = one;
  if (!candidate) throw new UsageError(`${commit} was not found.`);
  if (json) return printJson(candidate);
  print(`${paint('bold', candidate.commit.slice(0, 12))} ${plain(candidate.subject)}`);
  if ('dropped' in candidate) {
    print(
      `${paint('red', 'no task')}: ${candidate.dropped}${candidate.detail ? ` (${plain(candidate.detail)})` : ''}`,
    );
    return;
  }
  const { id, base, statement, answer } = candidate.task;
  print(`${paint('green', 'task')} ${id}, from ${base.slice(0, 12)}`);
  print(`\n${plain(statement)}\n\nanswer: ${answer.files.map(plain).join(', ')}`);
}
