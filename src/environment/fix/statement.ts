import { statementOf } from '../localize/statement.ts';

/** Lines of code this short say nothing (`}`, `return;`). */
const MIN_CODE = 12;

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

function withoutCode(text: string, added: ReadonlySet<string>): string {
  return text
    .split('\n')
    .filter(
      (line) =>
        !added.has(
          line
            .trim()
            .replace(/^[`>]+|`+$/g, '')
            .trim(),
        ),
    )
    .join('\n')
    .trim();
}

const CHANGE_LOG =
  /(?:^|\/)(?:change[-_]?log|changes|history|news|release[-_]?notes)[^/]*\.(?:md|rst|txt|markdown)$|(?:^|\/)\.changeset\/[^/]+\.md$|(?:^|\/)(?:changelog|news)\.d\/[^/]+$/i;

/** Whether a path is a change log, or a piece of one. */
export function isChangeLog(path: string): boolean {
  return CHANGE_LOG.test(path);
}
