/** A task, or a set of tasks, that cannot be read or written. */
export class HarborTaskError extends Error {
  override name = 'HarborTaskError';
  readonly path: string;
  readonly reason: string;
  /** Counted from 1; where the text itself is broken. */
  readonly line: number | undefined;
  /** With dots; where the text reads well and says what cannot be. */
  readonly key: string | undefined;

  constructor(path: string, reason: string, where: { line?: number; key?: string } = {}) {
    const at = [where.line === undefined ? '' : `line ${where.line}: `, where.key ? `${where.key}: ` : ''];
    super(`${onOneLine(path)}: ${at.map(onOneLine).join('')}${onOneLine(reason)}.`);
    this.path = path;
    this.reason = reason;
    this.line = where.line;
    this.key = where.key;
  }
}

/** Names of files and keys are other people's: one of them must not forge a second line of a message. */
export function onOneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '\ufffd');
}
