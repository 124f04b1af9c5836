import type { Command } from 'commander';
import { workspaceAround } from '../../agent/index.ts';
import { factsFor, forgetFact, keepFact } from '../../config/index.ts';
import { UsageError } from '../exit.ts';
import { plain, print, printJson, table } from '../output.ts';

export function define(command: Command): void {
  command
    .command('list', { isDefault: true })
    .summary('what is remembered for the project of this folder')
    .option('--all', 'for every project')
    .option('--json', 'print it as JSON')
    .action(list);
  command
    .command('add')
    .summary('remember a fact')
    .argument('<fact>', 'one sentence')
    .option('--everywhere', 'for every project')
    .action(add);
  command.command('remove').summary('forget a fact').argument('<id>', 'as the list shows it').action(remove);
}

async function list(flags: { all?: boolean; json?: boolean }): Promise<void> {
  const facts = await factsFor(flags.all ? undefined : workspaceAround('.').root);
  if (flags.json) return printJson(facts);
  if (facts.length === 0) return print('Nothing is remembered.');
  const columns = [
    { title: 'id', align: 'right' as const },
    { title: 'since' },
    { title: 'fact' },
    { title: 'for' },
  ];
  const rows = facts.map(({ id, at, text, project }) => [
    id,
    at.slice(0, 10),
    plain(text),
    plain(project ?? 'every project'),
  ]);
  print(table(columns, rows));
}

async function add(text: string, flags: { everywhere?: boolean }): Promise<void> {
  if (text.trim() === '') throw new UsageError('The fact is empty.');
  const project = flags.everywhere ? {} : { project: workspaceAround('.').root };
  const { id } = await keepFact({ text: text.trim(), ...project });
  print(`Remembered as ${id}.`);
}

async function remove(id: string): Promise<void> {
  if (!(await forgetFact(id))) throw new UsageError(`There is no fact ${id}; \`kino memory\` lists them.`);
  print(`${id} is forgotten.`);
}
