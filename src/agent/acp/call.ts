import type { ToolKind } from '../../tool/index.ts';

/** What an agent of others calls its kinds of tools, in Kino's words. */
export function toKind(kind: string): ToolKind {
  if (kind === 'delete' || kind === 'move') return 'edit';
  const known: readonly string[] = ['read', 'edit', 'search', 'execute', 'fetch', 'think'];
  return known.includes(kind) ? (kind as ToolKind) : 'other';
}

/** A command line, or its words: where a shell is to read it, what the shell reads. */
export function commandIn({ command }: Record<string, unknown>): string | undefined {
  if (typeof command === 'string') return command;
  if (!Array.isArray(command) || !command.every((word) => typeof word === 'string')) return undefined;
  const [program = '', option = '', script, ...others] = command;
  const isShell = /(?:^|\/)(?:ba|z|da)?sh$/.test(program) && /^-l?c$/.test(option) && others.length === 0;
  return isShell && script !== undefined ? script : commandLine(program, command.slice(1));
}

/** The file that a call is about, by the names that agents have for it. */
export function pathIn(input: Record<string, unknown>): string | undefined {
  const path = input.path ?? input.file_path ?? input.filePath ?? input.abs_path;
  return typeof path === 'string' ? path : undefined;
}

/** A range of lines of a text. @param line from 1 */
export function linesOf(text: string, line?: number | null, limit?: number | null): string {
  if (!line && !limit) return text;
  const from = Math.max(0, (line ?? 1) - 1);
  return text
    .split('\n')
    .slice(from, limit ? from + limit : undefined)
    .join('\n');
}

/** A program with its arguments as a shell would read it, for the rules. */
export function commandLine(command: string, args: readonly string[] = []): string {
  const quote = (word: string) =>
    /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
  return args.length === 0 ? command : [command, ...args].map(quote).join(' ');
}
