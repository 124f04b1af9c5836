import { parse } from 'yaml';

/**
 * Splits a Markdown file into the YAML between its first two `---` lines and its text. What is no front matter is text.
 *
 * @throws Error in one sentence where the front matter is no YAML mapping
 */
export function readFrontMatter(markdown: string): { data: Record<string, unknown>; text: string } {
  const source = markdown.replace(/^\ufeff/, '');
  const match = /^---[ \t]*\r?\n(?:([\s\S]*?)\r?\n)?---[ \t]*(?:\r?\n|$)/.exec(source);
  if (!match) return { data: {}, text: source };
  let data: unknown;
  try {
    // Aliases could make a small file a huge one.
    data = parse(match[1] ?? '', { maxAliasCount: 0 });
  } catch (error) {
    throw new Error(`its front matter is no YAML (${(error as Error).message.split('\n', 1)[0]})`);
  }
  if (data !== null && data !== undefined && (typeof data !== 'object' || Array.isArray(data)))
    throw new Error('its front matter is no mapping');
  return { data: (data ?? {}) as Record<string, unknown>, text: source.slice(match[0].length) };
}
