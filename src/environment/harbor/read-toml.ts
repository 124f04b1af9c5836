import { parse, TomlError } from 'smol-toml';
import type { z } from 'zod';
import { HarborTaskError, onOneLine } from './error.ts';
import { isTable } from './legacy-config.ts';

/** A document of TOML. @throws HarborTaskError that names the line */
export function parseToml(text: string, path: string): Record<string, unknown> {
  try {
    return parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    if (!(error instanceof TomlError)) throw new HarborTaskError(path, (error as Error).message);
    const reason = error.message.split('\n', 1)[0]!.replace(/^Invalid TOML document: /, '');
    throw new HarborTaskError(path, `is not TOML (${reason})`, { line: error.line });
  }
}

/**
 * Checks a document against a strict schema. A key that the schema does not know, which a newer version may have
 * brought, is taken out and told of; anything else that does not fit is refused.
 *
 * @param document changed in place
 * @throws HarborTaskError that names the key
 */
export function validate<T extends z.ZodType>(
  schema: T,
  document: Record<string, unknown>,
  path: string,
): { value: z.output<T>; warnings: string[] } {
  const warnings: string[] = [];
  for (;;) {
    const parsed = schema.safeParse(document);
    if (parsed.success) return { value: parsed.data, warnings };
    const { issues } = parsed.error;
    const unknown = issues.filter((issue) => issue.code === 'unrecognized_keys');
    const issue = issues.find(({ code }) => code !== 'unrecognized_keys');
    if (issue) throw issueError(issue, path);
    for (const { path: at, keys } of unknown) {
      let table: unknown = document;
      for (const key of at) table = (table as Record<PropertyKey, unknown>)[key];
      if (!isTable(table)) throw new HarborTaskError(path, 'cannot be read', { key: at.join('.') });
      for (const key of keys) {
        delete table[key];
        warnings.push(onOneLine(`${[...at, key].join('.')} is not known and is passed over`));
      }
    }
  }
}

/** What does not fit, said of its key. */
export function issueError(issue: z.core.$ZodIssue, path: string): HarborTaskError {
  // Of a key that is none, zod says why only further in.
  const { message } = (issue.code === 'invalid_key' && issue.issues[0]) || issue;
  return new HarborTaskError(path, message, { key: issue.path.join('.') });
}
