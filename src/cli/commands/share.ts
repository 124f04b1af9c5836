import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { kinoHome } from '../../config/index.ts';
import type { Shares } from '../../server/index.ts';
import type { Scrubbed } from '../../thread/index.ts';
import { UsageError } from '../exit.ts';
import { collect } from '../options.ts';
import { paint, plain, print, printJson, table } from '../output.ts';
import { openStore } from '../store.ts';
import { latestThreadIn } from '../thread-here.ts';

/** What words that the person hides are called. */
const HIDDEN = 'hidden';

interface ShareFlags {
  artifact?: string;
  out?: string;
  hide?: string[];
  dryRun?: boolean;
  links?: boolean;
  revoke?: string;
  json?: boolean;
}

export function define(command: Command): void {
  command
    .argument('[thread]', 'the id, its beginning or end (default: the newest session of this repository)')
    .option('--artifact <name>', 'only this one of its artifacts')
    .option('--out <file>', 'where to write the page (default: in the folder `shared` of Kino)')
    .option(
      '--hide <words>',
      'further words that are to be shown to nobody; may be given several times',
      collect,
    )
    .option('--dry-run', 'only say what would be scrubbed')
    .option('--links', 'list the links that the manager has made')
    .option('--revoke <id>', 'take one of them back')
    .option('--json', 'print what was written and scrubbed as JSON')
    .addHelpText(
      'after',
      '\nOne page that needs nothing but itself. What looks like a secret, and what this machine knows to be one (variables,\n.env files of the workspace), is taken out; read it before you pass it on.',
    )
    .action(share);
}

async function share(part: string | undefined, flags: ShareFlags): Promise<void> {
  const { sharedContent, sharePage, Shares } = await import('../../server/index.ts');
  if (flags.links || flags.revoke !== undefined) return links(new Shares(), flags);
  const store = openStore();
  try {
    const thread = part === undefined ? (await latestThreadIn(store, '.')).id : await store.resolve(part);
    const { content, scrubbed } = await sharedContent(store, {
      ...{ thread, hide: flags.hide ?? [] },
      ...(flags.artifact !== undefined && { artifact: flags.artifact }),
    });
    const file = flags.dryRun ? undefined : await placeFor(thread, flags.out);
    if (file !== undefined) await writeFile(file, await sharePage(content), { mode: 0o600 });
    if (flags.json) return printJson({ thread, ...(file !== undefined && { file }), scrubbed });
    print(`${plain(content.title)} ${paint('dim', thread)}`);
    printScrubbed(scrubbed);
    const hidden = scrubbed.filter(({ kind }) => kind === HIDDEN);
    if (hidden.length < (flags.hide?.length ?? 0))
      print(
        paint(
          'yellow',
          'Not all of the words that you hide are in it; it is looked for them as they are written.',
        ),
      );
    if (file !== undefined)
      print(
        `${paint('bold', plain(file))}: ${content.events.length} events, ${content.artifacts.length} artifacts`,
      );
  } finally {
    store.close();
  }
}

/** The links that are good, and one that is no longer. */
async function links(shares: Shares, { revoke, json }: ShareFlags): Promise<void> {
  if (revoke !== undefined && !(await shares.revoke(revoke)))
    throw new UsageError(`There is no link ${revoke}.`);
  const all = await shares.list();
  if (json) printJson(all);
  else if (all.length === 0) print('There is no link.');
  else
    print(
      table(
        [{ title: 'link' }, { title: 'until' }, { title: 'what' }],
        all.map(({ id, expiresAt, title }) => [
          id,
          new Date(expiresAt).toISOString().slice(0, 10),
          plain(title),
        ]),
      ),
    );
}

/** Not into the workspace, where it would be a part of the change. */
async function placeFor(thread: string, out: string | undefined): Promise<string> {
  if (out !== undefined) return resolve(out);
  const folder = join(kinoHome(), 'shared');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return join(folder, `${thread}.html`);
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
