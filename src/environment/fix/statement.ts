import { statementOf } from '../localize/statement.ts';

/** Lines of code this short say nothing (`}`, `return;`). */
const MIN_CODE = 12;
/** In the middle of a sentence it takes more to be sure. */
const MIN_INLINE_CODE = 16;

/**
 * What is asked for: the message of a change, its subject and body, without what would give the answer away (ids of
 * commits, paths, lines of the patch); after it what the change writes into the change log, which is meant for those
 * who know nothing of the code.
 *
 * @param patch the gold patch
 * @param changeLog the lines that the change adds to a change log
 */
export function fixStatement(
  message: string,
  files: readonly string[],
  patch: string,
  changeLog: readonly string[],
): string {
  const added = addedLines(patch);
  const parts = [statementOf(message, files), statementOf(changeLog.join('\n'), files)].map((text) =>
    withoutCode(text, added),
  );
  const [said = '', logged = ''] = parts;
  const repeats = said.toLowerCase().includes(logged.toLowerCase().replace(/^[-*\s]+/, ''));
  return [said, ...(logged === '' || repeats ? [] : [logged])].join('\n\n').trim();
}

/** The lines that a patch adds, without their indentation. */
export function addedLines(patch: string): Set<string> {
  const lines = patch.split('\n').filter((line) => line.startsWith('+') && !line.startsWith('+++'));
  return new Set(lines.map((line) => line.slice(1).trim()).filter((line) => line.length >= MIN_CODE));
}

/** A line that looks like code wherever it stands; prose is not taken for it. */
function isCode(line: string): boolean {
  return line.length >= MIN_INLINE_CODE && /[=(){};<>[\]]/.test(line);
}

/** The lines of code of a patch that a text holds, alone on a line or in the middle of one. */
export function codeIn(text: string, added: ReadonlySet<string>): string[] {
  const alone = new Set(text.split('\n').map((line) => bare(line)));
  return [...added].filter((line) => alone.has(line) || (isCode(line) && text.includes(line)));
}

function bare(line: string): string {
  return line
    .trim()
    .replace(/^[`>]+|`+$/g, '')
    .trim();
}

function withoutCode(text: string, added: ReadonlySet<string>): string {
  const inline = [...added].filter(isCode).sort((a, b) => b.length - a.length);
  return inline.reduce((left, line) => left.replaceAll(line, '…'), withoutCodeLines(text, added)).trim();
}

function withoutCodeLines(text: string, added: ReadonlySet<string>): string {
  return text
    .split('\n')
    .filter((line) => !added.has(bare(line)))
    .join('\n');
}

const CHANGE_LOG =
  /(?:^|\/)(?:change[-_]?log|changes|history|news|release[-_]?notes)[^/]*\.(?:md|rst|txt|markdown)$|(?:^|\/)\.changeset\/[^/]+\.md$|(?:^|\/)(?:changelog|news)\.d\/[^/]+$/i;

/** Whether a path is a change log, or a piece of one. */
export function isChangeLog(path: string): boolean {
  return CHANGE_LOG.test(path);
}
