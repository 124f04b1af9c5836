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
  const head = text.slice(0, text.lastIndexOf('\n', half) + 1 || half);
  const from = text.indexOf('\n', text.length - half);
  const tail = text.slice(from === -1 ? text.length - half : from + 1);
  const cut = text.slice(head.length, text.length - tail.length);
  const lines = cut.split('\n').length - 1;
  return `${head.trimEnd()}\n[… ${lines > 0 ? `${lines} lines, ` : ''}${cut.length} characters cut …]\n${tail}`;
}

export function limitLine(line: string): string {
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}[… ${line.length - MAX_LINE} more]` : line;
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
      return `A part of ${path} is a file, not a folder.`;
    case 'EACCES':
    case 'EPERM':
      return `${path} may not be read or written here.`;
    case 'ENOSPC':
      return `The disk is full; ${path} was not written.`;
    default:
      return message;
  }
}
