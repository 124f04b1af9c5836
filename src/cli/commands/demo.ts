import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { kinoHome, loadConfig } from '../../config/index.ts';
import { environmentsFolder, writeTasks } from '../../environment/index.ts';
import { git, openRepository, type Repository, resolveCommit } from '../../git/index.ts';
import { RepositoryIndex } from '../../search/index.ts';
import { untilInterrupted } from '../interrupt.ts';
import { printFunnel } from '../mining/funnel.ts';
import { mineTasks } from '../mining/localize.ts';
import { collect, httpUrl, positiveInteger } from '../options.ts';
import { fraction, paint, plain, print } from '../output.ts';
import { Progress } from '../progress.ts';
import { runEvaluation } from './eval.ts';

const BUNDLE = fileURLToPath(new URL('../../../assets/demo/timetable.bundle', import.meta.url));
const QUESTION = 'the agenda shows an event on the wrong day when the zone changes to summer time';

interface DemoFlags {
  model?: string[];
  baseUrl?: string;
  limit?: number;
  jobs: number;
}

export function define(command: Command): void {
  command
    .option('-m, --model <provider/model>', "also run Kino's own agent with this model", collect)
    .option('--base-url <url>', "replaces the provider's address", httpUrl)
    .option('-n, --limit <n>', 'only so many tasks', positiveInteger)
    .option('-j, --jobs <n>', 'rollouts at once', positiveInteger, 2)
    .addHelpText('after', '\nWorks on a copy in Kino’s home folder; nothing of yours is read or changed.')
    .action(demo);
}

async function demo(flags: DemoFlags): Promise<void> {
  const signal = untilInterrupted();
  const config = await loadConfig();
  const models = flags.model ?? (config.model === undefined ? undefined : [config.model]);
  const repository = await unpack();
  const head = await resolveCommit(repository, 'HEAD');
  const commits = await git(repository.path, ['rev-list', '--count', head]);

  print(paint('bold', `1. Mine: the ${commits} commits of timetable, a small library, become tasks\n`));
  const progress = new Progress();
  const { tasks, funnel } = await mineTasks(repository, {}, signal, () => {});
  printFunnel(funnel);
  const file = join(environmentsFolder(repository.path), 'localize.jsonl');
  await writeTasks(file, tasks);
  const example = tasks.find((task) => task.statement.includes('\n')) ?? tasks[0]!;
  print('\nOne of them asks which files must change for:\n');
  print(paint('cyan', plain(example.statement).replace(/^/gm, '  ')));

  print(paint('bold', '\n2. Find: the search index, asked without a model\n'));
  print(paint('cyan', `  ${QUESTION}`));
  const { files } = await new RepositoryIndex(repository).find(QUESTION, head, { limit: 3 });
  for (const { path, score } of files) print(`  ${fraction(score)}  ${path}`);

  print(paint('bold', '\n3. Evaluate: agents on these tasks, each rollout recorded as a thread\n'));
  progress.clear();
  const agents = ['finder', 'nop', 'oracle', ...(models ? ['kino'] : [])];
  await runEvaluation(
    tasks,
    'timetable localize',
    {
      agent: agents,
      ...(models && { model: models }),
      ...(flags.baseUrl !== undefined && { baseUrl: flags.baseUrl }),
      ...(flags.limit !== undefined && { limit: flags.limit }),
      attempts: 1,
      jobs: flags.jobs,
      new: true,
    },
    signal,
  );

  if (signal.aborted) return;
  print(
    `${paint('bold', '\nNow on a repository of yours')} ${paint('dim', '(npm link puts kino on your PATH)')}\n`,
  );
  const next: [string, string][] = [
    ['cd <your repository>', ''],
    ['kino mine localize', 'its history as tasks'],
    ['kino eval localize --agent finder --agent nop', 'who finds the files'],
    ['kino mine fix --limit 3', 'commits with tests as tasks judged by those tests'],
    ['kino find "<a bug report>"', 'the files and lines it is about'],
    ['kino threads list', 'everything that was recorded'],
    ['kino compare latest:finder latest:nop', 'the difference, with its interval'],
    ['kino doctor', 'what a model needs to take part: --agent kino --model ollama/qwen3'],
  ];
  const width = Math.max(...next.map(([line]) => line.length));
  for (const [line, why] of next) print(`  ${line.padEnd(width)}  ${paint('dim', why)}`);
}

/** The repository of the demo, cloned from the bundle that ships with Kino; made anew when it is damaged. */
async function unpack(): Promise<Repository> {
  const folder = join(kinoHome(), 'demo', 'timetable');
  if (existsSync(join(folder, '.git'))) {
    const intact = await openRepository(folder)
      .then((repository) => resolveCommit(repository, 'HEAD').then(() => repository))
      .catch(() => undefined);
    if (intact) return intact;
  }
  const fresh = `${folder}.${process.pid}`;
  await mkdir(join(kinoHome(), 'demo'), { recursive: true, mode: 0o700 });
  await git(join(kinoHome(), 'demo'), ['clone', '--quiet', '--branch', 'main', BUNDLE, fresh], {
    env: { GIT_ALLOW_PROTOCOL: 'file' },
  });
  await rm(folder, { recursive: true, force: true });
  await rename(fresh, folder);
  return openRepository(folder);
}
