import type { Command } from 'commander';
import { kinoHome } from '../../config/index.ts';
import { CACHES, type Cached, type CacheName, listCached, removeCached } from '../../environment/index.ts';
import { positiveInteger } from '../options.ts';
import { paint, print, printJson, table } from '../output.ts';
import { Progress } from '../progress.ts';

interface CacheFlags {
  days?: number;
  all?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Something that was just used may be in use. */
const RECENT_MS = 60 * 60 * 1000;

export function define(command: Command): void {
  command
    .command('list', { isDefault: true })
    .summary('what is kept for environments, and how large it is')
    .option('--json', 'print it as JSON')
    .action(list);
  command
    .command('prune')
    .summary('remove what was not used for some time')
    .description(
      'Remove what was not used for some time. Nothing is lost: threads, tasks and results stay, and what is removed is made again when it is needed.',
    )
    .option('--days <n>', 'what was not used for so many days (default: 30)', positiveInteger)
    .option('--all', 'everything that was not used in the last hour')
    .option('--dry-run', 'say what would be removed, and remove nothing')
    .option('--json', 'print it as JSON')
    .action(prune);
}

async function list(flags: CacheFlags): Promise<void> {
  const entries = await collect();
  if (flags.json) return printJson({ home: kinoHome(), caches: sums(entries) });
  if (entries.length === 0) return print('Nothing is kept.');
  printSums(entries);
  print(`\n${size(total(entries))} in ${kinoHome()}\nkino cache prune removes what was not used for 30 days`);
}

async function prune(flags: CacheFlags): Promise<void> {
  const age = flags.all ? RECENT_MS : (flags.days ?? 30) * DAY_MS;
  const before = Date.now() - age;
  const old = (await collect()).filter(
    ({ cache, usedAt }) => cache === 'workspaces' || usedAt.getTime() < before,
  );
  const progress = new Progress();
  let removed = 0;
  try {
    for (const entry of flags.dryRun ? [] : old) {
      progress.update(`removing ${++removed} of ${old.length}`);
      await removeCached(entry);
    }
  } finally {
    progress.clear();
  }
  if (flags.json) return printJson({ home: kinoHome(), removed: flags.dryRun !== true, caches: sums(old) });
  if (old.length === 0) return print('There is nothing to remove.');
  printSums(old);
  print(`\n${size(total(old))} ${flags.dryRun ? 'would be removed' : 'removed'}`);
}

async function collect(): Promise<Cached[]> {
  const entries: Cached[] = [];
  for await (const entry of listCached(kinoHome())) entries.push(entry);
  return entries;
}

function total(entries: readonly Cached[]): number {
  return entries.reduce((sum, { bytes }) => sum + bytes, 0);
}

function sums(entries: readonly Cached[]) {
  return [...Map.groupBy(entries, ({ cache }) => cache)].map(([cache, own]) => ({
    cache,
    entries: own.length,
    bytes: total(own),
    lastUsed: new Date(Math.max(...own.map(({ usedAt }) => usedAt.getTime()))).toISOString(),
  }));
}

function printSums(entries: readonly Cached[]): void {
  const columns = [
    { title: 'cache' },
    { title: 'entries', align: 'right' as const },
    { title: 'size', align: 'right' as const },
    { title: 'last used' },
    { title: 'what' },
  ];
  const rows = sums(entries).map(({ cache, entries: count, bytes, lastUsed }) => [
    cache,
    String(count),
    size(bytes),
    lastUsed.slice(0, 10),
    paint('dim', CACHES[cache as CacheName]),
  ]);
  print(table(columns, rows));
}

/** Bytes for a person. */
function size(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
