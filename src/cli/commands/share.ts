import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Scrubbed } from '../../thread/index.ts';
import { paint, plain, print, printJson, table } from '../output.ts';
import { openStore } from '../store.ts';
import { latestThreadIn } from '../thread-here.ts';

interface ShareFlags {
  artifact?: string;
  out?: string;
  hide?: string[];
  dryRun?: boolean;
  json?: boolean;
}

export function define(command: Command): void {
  command
    .argument('[thread]', 'the id, its beginning or end (default: the newest session of this repository)')
    .option('--artifact <name>', 'only this one of its artifacts')
    .option('--out <file>', 'where to write the page (default: <thread>.html here)')
    .option('--hide <words...>', 'further words that are to be shown to nobody')
    .option('--dry-run', 'only say what would be scrubbed')
    .option('--json', 'print what was written and scrubbed as JSON')
    .addHelpText(
      'after',
      '\nOne page that needs nothing but itself. What looks like a secret, and what this machine knows to be one (variables,\n.env files of the workspace), is taken out; read it before you pass it on.',
    )
    .action(share);
}

async function share(part: string | undefined, flags: ShareFlags): Promise<void> {
  const { sharedContent, sharePage } = await import('../../server/index.ts');
  const store = openStore();
  try {
    const thread = part === undefined ? (await latestThreadIn(store, '.')).id : await store.resolve(part);
    const { content, scrubbed } = await sharedContent(store, {
      ...{ thread, hide: flags.hide ?? [] },
      ...(flags.artifact !== undefined && { artifact: flags.artifact }),
    });
    const file = flags.dryRun ? undefined : resolve(flags.out ?? `${thread}.html`);
    if (file !== undefined) await writeFile(file, await sharePage(content), { mode: 0o600 });
    if (flags.json) return printJson({ thread, ...(file !== undefined && { file }), scrubbed });
    printScrubbed(scrubbed);
    if (file !== undefined)
      print(
        `${paint('bold', plain(file))}: ${content.events.length} events, ${content.artifacts.length} artifacts`,
      );
  } finally {
    store.close();
  }
}

function printScrubbed(scrubbed: readonly Scrubbed[]): void {
  if (scrubbed.length === 0) {
    print('Nothing in it looks like a secret.');
    return;
  }
  print(
    table(
      [{ title: 'scrubbed' }, { title: 'which' }, { title: 'places', align: 'right' }],
      scrubbed.map(({ kind, hint, count }) => [plain(kind), plain(hint), String(count)]),
    ),
  );
}
