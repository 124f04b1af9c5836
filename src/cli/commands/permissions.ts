import type { Command } from 'commander';
import { MODE_MEANINGS, workspaceAround } from '../../agent/index.ts';
import { forgetRules, rememberedRules } from '../../config/index.ts';
import { UsageError } from '../exit.ts';
import { paint, plain, print, printJson, table } from '../output.ts';

export function define(command: Command): void {
  command
    .command('list', { isDefault: true })
    .summary('the rules that your answers have made, and what the modes mean')
    .option('--json', 'print them as JSON')
    .action(list);
  command
    .command('remove')
    .summary('forget a rule')
    .argument('<rule>', 'as the list shows it')
    .option('--here', 'only for the project of this folder')
    .action(remove);
}

async function list(flags: { json?: boolean }): Promise<void> {
  const rules = await rememberedRules();
  if (flags.json) return printJson(rules);
  if (rules.length === 0) print('Your answers have made no rules yet.');
  else {
    const columns = [{ title: 'rule' }, { title: '' }, { title: 'for' }];
    print(
      table(
        columns,
        rules.map(({ text, outcome, project }) => [plain(text), outcome, plain(project ?? 'every project')]),
      ),
    );
  }
  print('\nModes:');
  for (const [mode, meaning] of Object.entries(MODE_MEANINGS))
    print(`  ${paint('bold', mode.padEnd(13))} ${meaning}`);
}

async function remove(text: string, flags: { here?: boolean }): Promise<void> {
  const count = await forgetRules(text, flags.here ? workspaceAround('.').root : undefined);
  if (count === 0) throw new UsageError(`There is no rule ${text}; \`kino permissions\` lists them.`);
  print(`${plain(text)} is forgotten.`);
}
