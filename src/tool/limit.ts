/** A long line is cut here: minified files would fill the window with one match. */
const MAX_LINE = 2_000;

/**
 * Keeps the head and the tail of a text within a bound, at line ends, and says what was cut.
 *
 * @param maxChars what may be kept, in UTF-16 units
 */
export function limitText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const half = Math.floor(maxChars / 2);
  const head = text.slice(0, text.lastIndexOf('\n', half - 1) + 1 || half);
  const from = text.indexOf('\n', text.length - half);
  // A line end that is the last character leaves nothing behind it.
  const tail = text.slice(from === -1 || from === text.length - 1 ? text.length - half : from + 1);
  const cut = text.slice(head.length, text.length - tail.length);
  const lines = cut.split('\n').length - 1;
  const note = `[… ${lines > 0 ? `${lines} lines, ` : ''}${cut.length} characters cut …]`;
  return `${head}${head === '' || head.endsWith('\n') ? '' : '\n'}${note}\n${tail}`;
}

/** @param length of the whole line, where `line` is only its beginning */
export function limitLine(line: string, length = line.length): string {
  return length > MAX_LINE ? `${line.slice(0, MAX_LINE)}[… ${length - MAX_LINE} more]` : line;
}

/** The lines of a text that comes in pieces, each with its length. Of one that is too long only the head is held. */
export async function* boundedLines(
  pieces: AsyncIterable<string>,
): AsyncGenerator<{ text: string; length: number }> {
  let text = '';
  let length = 0;
  let last = '';
  const add = (part: string) => {
    text += part.slice(0, Math.max(0, MAX_LINE + 1 - text.length));
    length += part.length;
    last = part.at(-1) ?? last;
  };
  for await (const piece of pieces) {
    let from = 0;
    for (let end = piece.indexOf('\n'); end !== -1; end = piece.indexOf('\n', from)) {
      add(piece.slice(from, end));
      if (last === '\r') length--;
      yield { text: text.slice(0, length), length };
      text = '';
      length = 0;
      last = '';
      from = end + 1;
    }
    add(piece.slice(from));
  }
  if (length > 0) yield { text, length };
}

/** Whether bytes are no text: a NUL among the first 8,000, as git decides it. */
export function looksBinary(bytes: Buffer): boolean {
  return bytes.subarray(0, 8_000).includes(0);
}

/** One sentence for a failed file operation. */
export function explainFileError(path: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return `There is no file ${path}.`;
    case 'EISDIR':
      return `${path} is a folder; use glob to list it.`;
    case 'ENOTDIR':
    case 'EEXIST':
      return `A part of ${path} is a file, not a folder.`;
    case 'ENAMETOOLONG':
      return 'The path is too long for this file system.';
    case 'EACCES':
    case 'EPERM':
      return `${path} may not be read or written here.`;
    case 'ENOSPC':
      return `The disk is full; ${path} was not written.`;
    default:
      return message;
  }
}
