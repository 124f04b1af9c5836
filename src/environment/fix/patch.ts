/** A file of a patch, as `git diff` writes it. */
export interface PatchFile {
  path: string;
  hunks: PatchHunk[];
  binary: boolean;
}

export interface PatchHunk {
  /** The lines that are new, by their numbers in the new file. */
  added: Map<number, string>;
  /** The lines that are gone, by their numbers in the old file. */
  removed: Map<number, string>;
}

/** Reads a patch. Lines of content that look like headers are told apart by counting. */
export function readPatch(patch: string): PatchFile[] {
  const files: PatchFile[] = [];
  let hunk:
    | { into: PatchHunk; oldLine: number; newLine: number; oldLeft: number; newLeft: number }
    | undefined;
  for (const line of patch.split('\n')) {
    if (hunk && (hunk.oldLeft > 0 || hunk.newLeft > 0)) {
      const text = line.slice(1);
      if (line.startsWith('+')) {
        hunk.into.added.set(hunk.newLine++, text);
        hunk.newLeft--;
      } else if (line.startsWith('-')) {
        hunk.into.removed.set(hunk.oldLine++, text);
        hunk.oldLeft--;
      } else if (!line.startsWith('\\')) {
        hunk.oldLine++;
        hunk.newLine++;
        hunk.oldLeft--;
        hunk.newLeft--;
      }
      continue;
    }
    const file = files.at(-1);
    const header = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (line.startsWith('diff --git ')) {
      files.push({ path: pathOf(line), hunks: [], binary: false });
      hunk = undefined;
    } else if (file && line.startsWith('GIT binary patch')) file.binary = true;
    else if (file && line.startsWith('+++ ') && line !== '+++ /dev/null')
      file.path = unquoted(line.slice(4)).slice(2);
    else if (file && header) {
      const into: PatchHunk = { added: new Map(), removed: new Map() };
      file.hunks.push(into);
      const [, oldLine, oldLeft = '1', newLine, newLeft = '1'] = header;
      hunk = {
        into,
        oldLine: Number(oldLine),
        newLine: Number(newLine),
        oldLeft: Number(oldLeft),
        newLeft: Number(newLeft),
      };
    }
  }
  return files;
}

/** Both names are the same where nothing is renamed, so the line is twice as long as one. */
function pathOf(line: string): string {
  const names = line.slice('diff --git '.length);
  const half = names.slice(0, (names.length - 1) / 2);
  return unquoted(half).slice(2);
}

/** Git writes names with control characters in quotes, as C does. */
function unquoted(name: string): string {
  const text = name.replace(/\t$/, '');
  if (!text.startsWith('"')) return text;
  const bytes: number[] = [];
  const inner = text.slice(1, -1);
  for (const [token] of inner.matchAll(/\\[0-7]{3}|\\.|[^\\]/gsu)) {
    const simple = { '\\n': 10, '\\t': 9, '\\r': 13, '\\a': 7, '\\b': 8, '\\f': 12, '\\v': 11 }[token];
    if (simple !== undefined) bytes.push(simple);
    else if (/^\\[0-7]{3}$/.test(token)) bytes.push(Number.parseInt(token.slice(1), 8));
    else bytes.push(...Buffer.from(token.replace(/^\\/, '')));
  }
  return Buffer.from(bytes).toString('utf8');
}
