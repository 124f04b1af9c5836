import type { Command } from 'commander';
import { type Member, teamReport } from '../../review/index.ts';
import { wholeNumber } from '../options.ts';
import { dollars, paint, plain, print, printJson, sparkline, table } from '../output.ts';
import { openStore } from '../store.ts';

export function define(command: Command): void {
  command
    .option('--days <n>', 'how old work must be for its lines to count as kept', wholeNumber, 30)
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      '\nA thread is of whoever commits by that name in its repository. Lines are kept that stand in the same file of the\nrepository’s current commit; the share is the mean over threads, with its 95 % interval.',
    )
    .action(team);
}

async function team(flags: { days: number; json?: boolean }): Promise<void> {
  const store = openStore();
  try {
    const report = await teamReport(store, { days: flags.days });
    if (flags.json) return printJson(report);
    if (report.members.length === 0) return print('Nothing has been worked on yet.');
    const columns = [
      { title: 'person' },
      { title: 'threads', align: 'right' },
      { title: 'done', align: 'right' },
      { title: 'failed', align: 'right' },
      { title: 'cost', align: 'right' },
      { title: '12 weeks' },
      { title: `lines kept after ${report.days} days` },
    ] as const;
    print(
      table(
        columns,
        report.members.map((member) => [
          paint('bold', plain(member.person)),
          String(member.threads),
          String(member.done),
          String(member.failed),
          dollars(member.costUsd),
          sparkline(member.weeks),
          keptWords(member),
        ]),
      ),
    );
    for (const { person, asked } of report.members) {
      print(`\n${paint('bold', plain(person))}`);
      for (const { thread, title, status, at } of asked)
        print(
          `  ${new Date(at).toISOString().slice(0, 10)}  ${status.padEnd(11)} ${plain(title).slice(0, 70)} ${paint('dim', thread.slice(-6))}`,
        );
    }
  } finally {
    store.close();
  }
}

function keptWords({ kept }: Member): string {
  if (!kept) return 'no work is that old';
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const { interval, mean, n } = kept.share;
  const between =
    interval === undefined ? 'no interval' : `${percent(interval[0])} to ${percent(interval[1])}`;
  return `${percent(mean)} (${between}; ${n} ${n === 1 ? 'thread' : 'threads'}, ${kept.kept} of ${kept.added} lines)`;
}
