import { stripVTControlCharacters } from 'node:util';
import type { Command } from 'commander';
import { kinoHome, loadConfig } from '../../config/index.ts';
import {
  type Candidate,
  type FixMineOptions,
  type FixTask,
  FunnelCounter,
  loadFixMining,
} from '../../environment/index.ts';
import { openRepository, type Repository } from '../../git/index.ts';
import { InterruptedError, UsageError } from '../exit.ts';
import { untilInterrupted } from '../interrupt.ts';
import { collect, positiveInteger } from '../options.ts';
import { fraction, paint, plain, print, printJson, table } from '../output.ts';
import { Progress } from '../progress.ts';
import { finishMining } from './finish.ts';

interface FixFlags {
  limit?: number;
  since?: string;
  merges?: boolean;
  range?: string[];
  repeats: number;
  mutants: number;
  seconds: number;
  strict?: boolean;
  testCommand?: string;
  testReport?: string;
  allowHost?: string[];
  jobs: number;
  out?: string;
  explain?: string;
  json?: boolean;
}

export function defineFix(command: Command): void {
  command
    .command('fix')
    .summary('tasks that ask for a change, judged by the tests that came with it')
    .description(
      'Turn commits that change source and tests into tasks: the tests must fail before the change and pass after it. Each is run in a jail of its own, several times, and graded.',
    )
    .argument('[repo]', 'the repository', '.')
    .option('--limit <n>', 'stop after this many tasks, newest first', positiveInteger)
    .option('--since <date>', 'only commits since then, as git log understands it')
    .option('--merges', 'take each merged branch as one change')
    .option('--range <a..b>', 'take what lies between as one change; repeat it for several', collect)
    .option('--repeats <n>', 'runs of each side, to find flaky tests', positiveInteger, 3)
    .option('--mutants <n>', 'mutants of the fix that the tests must notice', positiveInteger, 8)
    .option('--seconds <n>', 'the longest that a run of tests may take', positiveInteger, 120)
    .option('--strict', 'only tasks without any concern')
    .option('--test-command <command>', 'how the tests are run, where Kino cannot tell; leaves JUnit XML')
    .option('--test-report <pattern>', 'where --test-command leaves its XML', '**/*.xml')
    .option(
      '--allow-host <host>',
      'a host that installing dependencies may reach, besides the registries',
      collect,
    )
    .option('-j, --jobs <n>', 'changes examined at once', positiveInteger, 2)
    .option('--out <file>', 'where to write (default: .kino/environments/fix.jsonl of the repository)')
    .option('--explain <commit>', 'say of one commit what becomes of it, with what was run; writes nothing')
    .option('--json', 'print the funnel and the tasks’ quality as JSON')
    .addHelpText(
      'after',
      '\nEach run is kept: the same command goes on where it was stopped, and the same history gives the same tasks.',
    )
    .action(mine);
}

async function mine(path: string, flags: FixFlags): Promise<void> {
  const signal = untilInterrupted();
  const repository = await openRepository(path);
  const options = await optionsOf(flags, signal);
  if (flags.explain !== undefined) return explain(repository, flags.explain, options, flags.json === true);
  const progress = new Progress();
  const { FIX_REASONS, mineFix } = await loadFixMining();
  const counter = new FunnelCounter(Object.values(FIX_REASONS));
  const tasks: FixTask[] = [];
  const candidates: Candidate<FixTask>[] = [];
  progress.update(`mining ${repository.name}`);
  try {
    for await (const candidate of mineFix(repository, options)) {
      counter.add(candidate);
      candidates.push(withoutSteps(candidate));
      if ('task' in candidate) tasks.push(candidate.task);
      progress.update(
        `mining ${repository.name}: ${counter.commits} commits, ${counter.tasks} tasks  ${plain(candidate.subject)}`,
      );
    }
  } catch (error) {
    if (signal.aborted) throw new InterruptedError('Stopped; the same command goes on from here.');
    throw error;
  } finally {
    progress.clear();
  }
  const funnel = counter.funnel();
  if (repository.shallow)
    process.stderr.write('kino: The history is shallow; `git fetch --unshallow` would give more tasks.\n');
  await finishMining(
    {
      repository,
      name: 'fix',
      tasks,
      funnel,
      rows: { of: 'commits', each: candidates.map(toRow) },
      none: `No commit of ${repository.path} becomes a task`,
      show: printQuality,
      next: ['kino check', ''],
    },
    flags,
  );
}

async function optionsOf(flags: FixFlags, signal: AbortSignal): Promise<FixMineOptions> {
  if (flags.range?.some((range) => !/^[^.].*\.\..+$/.test(range)))
    throw new UsageError('--range wants two commits, like v1.0..v1.1.');
  const config = await loadConfig();
  const hosts = [...(flags.allowHost ?? []), ...(config.network?.allowedDomains ?? [])];
  return {
    place: { home: kinoHome(), signal, ...(hosts.length > 0 && { allowHosts: hosts }) },
    signal,
    ...(flags.limit !== undefined && { limit: flags.limit }),
    ...(flags.since !== undefined && { since: flags.since }),
    ...(flags.merges && { merges: true }),
    ...(flags.range && { ranges: flags.range }),
    repeats: flags.repeats,
    mutants: flags.mutants,
    seconds: flags.seconds,
    strict: flags.strict === true,
    ...(flags.testCommand !== undefined && {
      given: { command: flags.testCommand, report: flags.testReport ?? '**/*.xml' },
    }),
    jobs: flags.jobs,
  };
}

function withoutSteps(candidate: Candidate<FixTask>): Candidate<FixTask> {
  const { steps: _, ...rest } = candidate;
  return rest as Candidate<FixTask>;
}

function toRow(candidate: Candidate<FixTask>) {
  const { commit, subject } = candidate;
  if ('dropped' in candidate)
    return {
      commit,
      subject,
      dropped: candidate.dropped,
      ...(candidate.detail !== undefined && { detail: candidate.detail }),
    };
  const { id, quality, tests } = candidate.task;
  return {
    commit,
    subject,
    task: id,
    quality,
    failToPass: tests.failToPass.length,
    passToPass: tests.passToPass.length,
    quarantined: tests.quarantined,
  };
}

/** How good the tasks are, a line each. */
function printQuality(tasks: readonly FixTask[]): void {
  const rows = tasks.map((task) => {
    const { strength, specification, difficulty, concerns } = task.quality;
    const { failToPass, passToPass, quarantined } = task.tests;
    return [
      task.source.commit.slice(0, 9),
      `${failToPass.length}/${passToPass.length}`,
      quarantined.length === 0 ? '' : String(quarantined.length),
      strength.share === null ? '–' : `${fraction(strength.share)} of ${strength.mutants}`,
      String(specification.words),
      `${difficulty.files}/${difficulty.lines}`,
      concerns.length === 0 ? paint('green', 'none') : paint('yellow', String(concerns.length)),
      plain(task.source.subject).slice(0, 44),
    ];
  });
  print(
    table(
      [
        { title: 'commit' },
        { title: 'fail/pass', align: 'right' },
        { title: 'unsteady', align: 'right' },
        { title: 'strength' },
        { title: 'words', align: 'right' },
        { title: 'files/lines', align: 'right' },
        { title: 'concerns' },
        { title: 'change' },
      ],
      rows,
    ),
  );
}

async function explain(
  repository: Repository,
  commit: string,
  options: FixMineOptions,
  json: boolean,
): Promise<void> {
  const { mineFix } = await loadFixMining();
  let candidate: Candidate<FixTask> | undefined;
  for await (const one of mineFix(repository, { ...options, only: commit })) candidate = one;
  if (!candidate) throw new UsageError(`${commit} was not found.`);
  if (json) return printJson(candidate);
  print(`${paint('bold', candidate.commit.slice(0, 12))} ${plain(candidate.subject)}`);
  for (const { what, detail, output } of candidate.steps ?? []) {
    print(`\n${paint('cyan', what)}\n  ${plain(detail)}`);
    if (output && process.env.KINO_DEBUG !== undefined)
      print(paint('dim', shownOutput(output).replace(/^/gm, '  │ ')));
    else if (output) print(paint('dim', lastLines(shownOutput(output), 30).replace(/^/gm, '  │ ')));
  }
  print();
  if ('dropped' in candidate) {
    print(
      `${paint('red', 'no task')}: ${candidate.dropped}${candidate.detail ? ` (${plain(candidate.detail)})` : ''}`,
    );
    return;
  }
  const { id, base, statement, tests, quality, gold } = candidate.task;
  print(`${paint('green', 'task')} ${id}, from ${base.slice(0, 12)}\n\n${plain(statement)}\n`);
  print(`${paint('dim', 'fail, then pass')}  ${tests.failToPass.map(plain).join('\n                 ')}`);
  print(
    `${paint('dim', 'pass on')}          ${tests.passToPass.length} tests (${tests.scope === 'suite' ? 'the whole suite' : 'of these files'})`,
  );
  for (const { id: test, why } of tests.quarantined)
    print(`${paint('dim', 'quarantined')}      ${plain(test)} (${why})`);
  const { strength, leaks, specification, difficulty, concerns } = quality;
  print(
    `${paint('dim', 'strength')}         ${strength.killed} of ${strength.mutants} mutants of the fix are noticed`,
  );
  print(`${paint('dim', 'leaks')}            ${leaks.length === 0 ? 'none' : leaks.map(plain).join('; ')}`);
  print(
    `${paint('dim', 'specification')}    ${specification.words} words${specification.unsaid.length > 0 ? `; unsaid: ${specification.unsaid.map(plain).join(', ')}` : ''}`,
  );
  print(
    `${paint('dim', 'difficulty')}       ${difficulty.files} files, ${difficulty.hunks} hunks, ${difficulty.lines} lines`,
  );
  for (const concern of concerns) print(`${paint('yellow', 'concern')}          ${plain(concern)}`);
  print(`\n${paint('dim', plain(gold.patch.trimEnd()))}`);
}

function shownOutput(output: string): string {
  return plain(stripVTControlCharacters(output));
}

function lastLines(text: string, count: number): string {
  const lines = text.trimEnd().split('\n');
  return lines.length <= count
    ? lines.join('\n')
    : `[… ${lines.length - count} lines; KINO_DEBUG=1 shows them …]\n${lines.slice(-count).join('\n')}`;
}
