import { createHash } from 'node:crypto';

/** A line of a hunk. */
export interface DiffLine {
  kind: 'context' | 'added' | 'removed';
  text: string;
  /** Its number before the change, from 1; absent for an added line. */
  old?: number;
  /** Its number after the change, from 1; absent for a removed line. */
  new?: number;
}

export interface Hunk {
  /** The same as long as its file and its lines are, wherever in the file they have gone. */
  id: string;
  /** What stands behind the second `@@`: usually the function around it. */
  heading: string;
  lines: DiffLine[];
}

/** What a change does to one file. */
export interface FileDiff {
  path: string;
  /** Where it was before, for a file that was moved. */
  from?: string;
  status: 'added' | 'changed' | 'deleted' | 'renamed';
  binary: boolean;
  hunks: Hunk[];
  added: number;
  removed: number;
}

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/;

/** Reads what `git diff` prints. Lines that it does not know are passed over. */
export function readDiff(text: string): FileDiff[] {
  const files: FileDiff[] = [];
  let file: FileDiff | undefined;
  let hunk: Hunk | undefined;
  let [old, next, oldLeft, newLeft] = [0, 0, 0, 0];
  for (const line of text.split('\n')) {
    if (hunk && file && (oldLeft > 0 || newLeft > 0)) {
      const [sign, rest] = [line[0], line.slice(1)];
      if (sign === '+') {
        hunk.lines.push({ kind: 'added', text: rest, new: next++ });
        file.added++;
        newLeft--;
        continue;
      }
      if (sign === '-') {
        hunk.lines.push({ kind: 'removed', text: rest, old: old++ });
        file.removed++;
        oldLeft--;
        continue;
      }
      if (sign === ' ' || line === '') {
        hunk.lines.push({ kind: 'context', text: rest, old: old++, new: next++ });
        oldLeft--;
        newLeft--;
        continue;
      }
      if (sign === '\\') continue;
    }
    if (line.startsWith('diff --git ')) {
      file = { path: pathIn(line), status: 'changed', binary: false, hunks: [], added: 0, removed: 0 };
      files.push(file);
      hunk = undefined;
      continue;
    }
    if (!file) continue;
    const match = HUNK.exec(line);
    if (match) {
      hunk = { id: '', heading: match[5]!, lines: [] };
      file.hunks.push(hunk);
      [old, oldLeft, next, newLeft] = [
        Number(match[1]),
        Number(match[2] ?? 1),
        Number(match[3]),
        Number(match[4] ?? 1),
      ];
    } else if (line.startsWith('new file mode ')) file.status = 'added';
    else if (line.startsWith('deleted file mode ')) file.status = 'deleted';
    else if (line.startsWith('rename from ')) {
      file.status = 'renamed';
      file.from = unquoted(line.slice('rename from '.length));
    } else if (line.startsWith('rename to ')) file.path = unquoted(line.slice('rename to '.length));
    else if (line.startsWith('+++ ') && line !== '+++ /dev/null') file.path = withoutSide(line.slice(4));
    else if (line.startsWith('--- ') && line !== '--- /dev/null' && file.status === 'deleted')
      file.path = withoutSide(line.slice(4));
    else if (line.startsWith('Binary files ')) file.binary = true;
  }
  for (const one of files) identify(one);
  return files;
}

/** Gives the hunks of a file their ids; of several with the same lines the second has another than the first. */
export function identify({ path, hunks }: FileDiff): void {
  const seen = new Map<string, number>();
  for (const hunk of hunks) {
    const lines = hunk.lines.map(({ kind, text }) => `${kind}\0${text}`).join('\n');
    const count = (seen.get(lines) ?? 0) + 1;
    seen.set(lines, count);
    hunk.id = createHash('sha256').update(`${path}\n${count}\n${lines}`).digest('hex').slice(0, 12);
  }
}

/** The path of a header line; where both halves are the same there is no doubt where the one ends. */
function pathIn(line: string): string {
  const rest = line.slice('diff --git '.length);
  const half = rest.slice(0, (rest.length - 1) / 2);
  return withoutSide(rest.endsWith(half.replace(/^("?)a\//, '$1b/')) ? half : rest.split(' b/')[0]!);
}

function withoutSide(path: string): string {
  // Git ends a name that holds blanks with a tab.
  return unquoted(path.replace(/\t$/, '')).replace(/^[ab]\//, '');
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\' };

/** A path that git has put in quotes, as it is. */
function unquoted(path: string): string {
  if (!path.startsWith('"')) return path;
  const bytes = path
    .slice(1, -1)
    .replace(/\\([0-7]{3}|.)/g, (_, code: string) =>
      /^[0-7]{3}$/.test(code) ? String.fromCharCode(Number.parseInt(code, 8)) : (ESCAPES[code] ?? code),
    );
  return /[\u0080-\u00ff]/.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes;
}
