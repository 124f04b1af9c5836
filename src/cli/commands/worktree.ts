import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { dropWorktree, runScript } from '../../agent/index.ts';
import {
  listWorktrees,
  loadProjectConfig,
  trustOf,
  type Worktree,
  type WorktreeConfig,
} from '../../config/index.ts';
import { UsageError } from '../exit.ts';
import { paint, plain, print, printJson, table } from '../output.ts';
import { repositoryHere } from '../repository-here.ts';

export function define(command: Command): void {
  command
    .command('list', { isDefault: true })
    .summary('the worktrees that Kino has made')
    .option('--all', 'of every repository')
    .option('--json', 'print them as JSON')
    .action(list);
  command.command('run').summary("start the repository's run script in one").argument('<name>').action(run);
  command
    .command('remove')
    .summary('archive one and remove it')
    .argument('<name>')
    .option('--force', 'also what is not committed')
    .action(remove);
  command.addHelpText('after', '\nMade by: kino --worktree <name>, kino run --worktree <name> "…"');
}

async function list(flags: { all?: boolean; json?: boolean }): Promise<void> {
  const worktrees = await listWorktrees(flags.all ? undefined : await repositoryHere());
  if (flags.json) return printJson(worktrees);
  if (worktrees.length === 0) return print('There is no worktree. `kino --worktree <name>` makes one.');
  const columns = [
    { title: 'name' },
    { title: 'branch' },
    { title: 'port', align: 'right' as const },
    { title: 'since' },
    { title: 'folder' },
  ];
  const rows = worktrees.map(({ name, branch, port, at, path }) => [
    plain(name),
    plain(branch),
    String(port),
    at.slice(0, 10),
    existsSync(path) ? plain(path) : paint('yellow', 'gone'),
  ]);
  print(table(columns, rows));
}

async function find(name: string): Promise<{ worktree: Worktree; config: WorktreeConfig }> {
  const root = await repositoryHere();
  const worktree = (await listWorktrees(root)).find((one) => one.name === name);
  if (!worktree) throw new UsageError(`${root} has no worktree ${name}; \`kino worktree\` lists them.`);
  const isTrusted = (await trustOf(root)) === 'trusted';
  return { worktree, config: isTrusted ? ((await loadProjectConfig(root)).worktree ?? {}) : {} };
}

const say = (text: string) => process.stderr.write(text);

async function run(name: string): Promise<void> {
  const { worktree, config } = await find(name);
  if (!config.run)
    throw new UsageError(
      'No run script is configured, or the folder is not trusted (worktree.run in .kino/config.json).',
    );
  const problem = await runScript(config.run, worktree, say);
  if (problem !== undefined) throw new Error(problem);
}

async function remove(name: string, flags: { force?: boolean }): Promise<void> {
  const { worktree, config } = await find(name);
  const branch = await dropWorktree(worktree, config, { force: flags.force ?? false, say });
  print(`${plain(worktree.path)} is removed. ${plain(branch)}`);
}
