import type { InferResponseType } from 'hono/client';
import type { api } from '../api.ts';

export type Change = Exclude<
  InferResponseType<(typeof api.threads)[':id']['changes']['$get']>,
  { error: string }
>;
/** What a diff shows of a change: decided on and commented where it can be, otherwise only read. */
export type ShownChange = Pick<Change, 'files' | 'tour'> & {
  accepted?: readonly string[];
  comments?: readonly DiffComment[];
};
export type DiffComment = Change['comments'][number];
type Stop = Change['tour']['stops'][number];
type File = Change['files'][number];
export type Hunk = File['hunks'][number];
export type Line = Hunk['lines'][number];

/** A hunk with the file that it is of. */
export interface ShownHunk {
  file: File;
  id: string;
  /** Where it begins, and what is around it. */
  place: string;
  accepted: boolean;
}

/** A row of the diff; those of a kind have one height. */
export type Row =
  | { kind: 'file'; stop: Stop; number: string; folded: boolean; isDone: boolean }
  | { kind: 'question'; text: string }
  | { kind: 'note'; text: string }
  | { kind: 'hunk'; hunk: ShownHunk }
  | { kind: 'line'; path: string; hunk: Hunk; at: number }
  | { kind: 'comment'; comment: DiffComment };

/** The rows of a change in the order of its tour. @param closed paths whose content is not shown */
export function rowsOf(
  { files, tour, accepted = [], comments = [] }: ShownChange,
  closed: ReadonlySet<string>,
): Row[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set(accepted);
  const said = placed(files, comments);
  const rows: Row[] = [];
  const add = (stop: Stop, number: string) => {
    const folded = closed.has(stop.path);
    const file = byPath.get(stop.path)!;
    const isDone = file.hunks.length > 0 && file.hunks.every(({ id }) => done.has(id));
    rows.push({ kind: 'file', stop, number, folded, isDone });
    if (folded) return;
    for (const text of stop.questions) rows.push({ kind: 'question', text });
    if (file.binary) rows.push({ kind: 'note', text: 'It is no text.' });
    for (const hunk of file.hunks) {
      const { id, heading, lines } = hunk;
      const at = lines.find((line) => line.new !== undefined)?.new ?? 0;
      const place = `${at > 0 ? `line ${at}` : ''} ${heading}`.trim();
      rows.push({ kind: 'hunk', hunk: { file, id, place, accepted: done.has(id) } });
      // What is accepted need not be seen again.
      if (done.has(id)) continue;
      for (const [index, line] of lines.entries()) {
        rows.push({ kind: 'line', path: stop.path, hunk, at: index });
        for (const comment of said.get(line) ?? []) rows.push({ kind: 'comment', comment });
      }
    }
  };
  for (const [at, stop] of tour.stops.entries()) add(stop, String(at + 1));
  for (const stop of tour.folded) add(stop, '–');
  return rows;
}

/** Comments by the line that they are about, which is found by its words and may have moved; each line of several. */
function placed(files: readonly File[], comments: readonly DiffComment[]): Map<Line, DiffComment[]> {
  const found = new Map<Line, DiffComment[]>();
  for (const comment of comments) {
    const { anchor } = comment;
    if (anchor.kind !== 'diff') continue;
    const words = anchor.text.split('\n', 1)[0];
    const number = anchor.side === 'old' ? 'old' : 'new';
    const lines = files
      .filter(({ path }) => path === anchor.path)
      .flatMap(({ hunks }) => hunks.flatMap((hunk) => hunk.lines))
      .filter((line) => line.text === words && line[number] !== undefined);
    const [nearest] = lines.sort(
      (a, b) => Math.abs(a[number]! - anchor.line) - Math.abs(b[number]! - anchor.line),
    );
    if (nearest) found.set(nearest, [...(found.get(nearest) ?? []), comment]);
  }
  return found;
}

/** What is said in a row. */
export function wordsOf(row: Row): string {
  switch (row.kind) {
    case 'file':
      return `${row.stop.path} ${row.stop.why}`;
    case 'hunk':
      return row.hunk.place;
    case 'line':
      return row.hunk.lines[row.at]!.text;
    case 'comment':
      return row.comment.text;
    default:
      return row.text;
  }
}
