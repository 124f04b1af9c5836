import { type Change, SLOP, type SlopKind, type Stop } from '../review/index.ts';
import { paint, plain, print } from './output.ts';

/** The parts of a change in the order of its tour. */
export function printHunks(
  { files, tour }: Change,
  decisions?: { accepted: ReadonlySet<string>; rejected: readonly { hunk: string; path: string }[] },
): void {
  const byPath = new Map(files.map((file) => [file.path, file]));
  for (const { path } of [...tour.stops, ...tour.folded])
    for (const { id, heading, lines } of byPath.get(path)!.hunks) {
      const at = lines.find((line) => line.new !== undefined)?.new ?? 0;
      const sign = decisions?.accepted.has(id) ? paint('green', '✓') : paint('yellow', '?');
      const count = (kind: string) => lines.filter((line) => line.kind === kind).length;
      const size = `${paint('green', `+${count('added')}`)} ${paint('red', `−${count('removed')}`)}`;
      print(`${sign} ${id}  ${plain(path)}:${at}  ${size}  ${paint('dim', plain(heading).slice(0, 60))}`);
    }
  for (const { hunk, path } of decisions?.rejected ?? [])
    print(`${paint('red', '✗')} ${hunk}  ${plain(path)}  ${paint('dim', 'taken out')}`);
}

/** Of a change between two attempts nobody asks what it adds in slop. */
type ShownTour = Pick<Change, 'files' | 'tour'> & Partial<Pick<Change, 'slop'>>;

/** A change as it is read: what is built upon first, with what to ask. */
export function printTour({ files, tour, slop }: ShownTour): void {
  const count = (of: 'added' | 'removed') => files.reduce((sum, file) => sum + file[of], 0);
  print(
    `${files.length} ${files.length === 1 ? 'file' : 'files'}, ${paint('green', `+${count('added')}`)} ${paint('red', `−${count('removed')}`)}${slopWords(slop ?? {})}\n`,
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

/** What a change adds of each kind of slop, in words; empty for nothing. */
export function slopWords(slop: Partial<Record<SlopKind, number>>): string {
  const words = Object.entries(slop)
    .filter(([, delta]) => delta !== 0)
    .map(([kind, delta]) => `${delta > 0 ? '+' : '−'}${Math.abs(delta)} ${SLOP[kind as SlopKind]}`);
  return words.length === 0 ? '' : paint('yellow', `; ${words.join(', ')}`);
}
