import type { Command } from 'commander';
import { workspaceAround } from '../../agent/index.ts';
import { openRepository, resolveCommit } from '../../git/index.ts';
import { type Change, changeOf, SLOP, type SlopKind, type Stop } from '../../review/index.ts';
import { UsageError } from '../exit.ts';
import { paint, plain, print, printJson } from '../output.ts';
import { openStore } from '../store.ts';

export function define(command: Command): void {
  command
    .argument('[range]', 'a commit (up to the files as they are) or a..b', 'HEAD')
    .option('--thread <id>', 'what a thread has changed in its workspace')
    .option('--json', 'print the diff, the tour and the slop as JSON')
    .addHelpText(
      'after',
      '\nNothing is read before what it builds upon; tests come behind what they test; what a program wrote is folded.\nNo model is asked.',
    )
    .action(review);
}

async function review(range: string, flags: { thread?: string; json?: boolean }): Promise<void> {
  const change = flags.thread === undefined ? await changeHere(range) : await changeOfThread(flags.thread);
  if (flags.json) return printJson(change);
  if (change.files.length === 0) return print('Nothing has changed.');
  printTour(change);
}

async function changeHere(range: string): Promise<Change> {
  const { root } = workspaceAround('.');
  const repository = await openRepository(root);
  const [from = '', to] = range.split('..');
  const base = await resolveCommit(repository, from === '' ? 'HEAD' : from);
  return changeOf(
    root,
    base,
    to === undefined ? undefined : await resolveCommit(repository, to === '' ? 'HEAD' : to),
  );
}

async function changeOfThread(part: string): Promise<Change> {
  const store = openStore();
  try {
    const id = await store.resolve(part);
    const started = (await store.read(id, 1, 1)).find((event) => event.type === 'thread.started');
    if (started?.workspace === undefined) throw new UsageError(`${id} has no workspace.`);
    const base = started.base ?? 'HEAD';
    return await changeOf(started.workspace, base);
  } finally {
    store.close();
  }
}

function printTour({ files, tour, slop }: Change): void {
  const count = (of: 'added' | 'removed') => files.reduce((sum, file) => sum + file[of], 0);
  print(
    `${files.length} files, ${paint('green', `+${count('added')}`)} ${paint('red', `−${count('removed')}`)}${slopWords(slop)}\n`,
  );
  for (const [at, stop] of tour.stops.entries()) printStop(String(at + 1), stop);
  if (tour.folded.length > 0)
    print(paint('dim', `\nFolded: ${tour.folded.map(({ path }) => plain(path)).join(', ')}`));
}

function printStop(number: string, { path, why, questions, added, removed }: Stop): void {
  const size = `${paint('green', `+${added}`)} ${paint('red', `−${removed}`)}`;
  print(`${number.padStart(3)}. ${paint('bold', plain(path))}  ${size}\n     ${paint('dim', plain(why))}`);
  for (const question of questions) print(`     ${paint('yellow', '?')} ${plain(question)}`);
}

function slopWords(slop: Record<SlopKind, number>): string {
  const words = Object.entries(slop)
    .filter(([, delta]) => delta !== 0)
    .map(([kind, delta]) => `${delta > 0 ? '+' : '−'}${Math.abs(delta)} ${SLOP[kind as SlopKind]}`);
  return words.length === 0 ? '' : paint('yellow', `; ${words.join(', ')}`);
}
