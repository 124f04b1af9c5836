import type { Command } from 'commander';
import { workspaceAround } from '../../agent/index.ts';
import { forgetTrust, loadProjectConfig, trustedFolders, trustFolder } from '../../config/index.ts';
import { plain, print, printJson, table } from '../output.ts';

interface TrustFlags {
  below?: boolean;
  remove?: boolean;
  list?: boolean;
  json?: boolean;
}

export function define(command: Command): void {
  command
    .argument('[folder]', 'the folder; its repository is meant', '.')
    .option('--below', 'repositories below it as well, as long as they bring no configuration')
    .option('--remove', 'trust it no more')
    .option('--list', 'print what is trusted')
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      '\nIn a folder that you trust the repository’s own configuration, commands, agents and hooks are loaded, and work\nbegins in mode auto. When its configuration changes you are asked again.',
    )
    .action(trust);
}

async function trust(folder: string, flags: TrustFlags): Promise<void> {
  if (flags.list) {
    const folders = await trustedFolders();
    if (flags.json) return printJson(folders);
    if (folders.length === 0) return print('No folder is trusted.');
    const rows = folders.map(({ path, at, below }) => [
      plain(path),
      at.slice(0, 10),
      below ? 'and below' : '',
    ]);
    return print(table([{ title: 'folder' }, { title: 'since' }, { title: '' }], rows));
  }
  const { root } = workspaceAround(folder);
  if (flags.remove) {
    const was = await forgetTrust(root);
    if (flags.json) return printJson({ folder: root, trusted: false });
    return print(was ? `${plain(root)} is trusted no more.` : `${plain(root)} was not trusted.`);
  }
  // A configuration that cannot be read is refused here, not in the middle of work.
  const project = await loadProjectConfig(root);
  await trustFolder(root, { below: flags.below ?? false });
  if (flags.json) return printJson({ folder: root, trusted: true });
  print(`${plain(root)} is trusted.`);
  const programs = Object.values(project.hooks ?? {}).flatMap((hooks) =>
    hooks.map(({ command }) => command.join(' ')),
  );
  for (const program of programs) print(`  its hooks run: ${plain(program)}`);
  for (const rule of project.permissions?.allow ?? []) print(`  it allows: ${plain(rule)}`);
}
