import { resolve } from 'node:path';
import { z } from 'zod';
import { limitLine, limitText } from './limit.ts';
import { failure, success, type Tool, type ToolContext } from './tool.ts';

const MAX_LINES = 200;
const MAX_CHARS = 20_000;

const input = z.object({
  pattern: z.string().describe('Regular expression'),
  path: z.string().optional().describe('File or folder to search'),
  glob: z.string().optional().describe('For example *.ts'),
  ignore_case: z.boolean().optional(),
});
type Input = z.infer<typeof input>;

export const grepTool: Tool<Input> = {
  name: 'grep',
  kind: 'search',
  description:
    'Search file contents by regular expression. Gives path:line:text. Ignored files are left out.',
  input,
  access: () => ({ reads: '*' }),
  async run(query, context) {
    const where = query.path ?? '.';
    try {
      await context.sandbox.resolve(where);
    } catch (error) {
      return failure((error as Error).message);
    }
    const result = await search(query, where, context);
    if (result.exitCode === 1 && result.output.trim() === '') return success('No match.');
    if (result.timedOut) return failure('The search took more than a minute; narrow it by path or glob.');
    if (result.aborted) return failure('The search was stopped.');
    if (result.exitCode === null || result.exitCode > 1)
      return failure(limitText(result.output.trim(), 1_000));
    const found = allowedLines(result.output.trimEnd().split('\n'), context);
    if (found.length === 0) return success('No match in files that may be read.');
    const lines = found.map((line) => limitLine(line.replace(/^\.\//, '')));
    const shown = lines.slice(0, MAX_LINES).join('\n');
    const more =
      lines.length > MAX_LINES
        ? `\n[… ${lines.length - MAX_LINES} more matching lines; narrow the search …]`
        : '';
    return success(limitText(shown, MAX_CHARS) + more);
  },
};

/** Without the lines of files that may not be read: a search that names one, or comes by it, reads it as well. */
function allowedLines(lines: readonly string[], { sandbox, allows }: ToolContext): string[] {
  if (!allows?.read) return [...lines];
  const known = new Map<string, boolean>();
  return lines.filter((line) => {
    const path = /^(.*?):\d+:/s.exec(line)?.[1];
    if (path === undefined) return true;
    if (!known.has(path)) known.set(path, allows.read!(resolve(sandbox.cwd, path)));
    return known.get(path);
  });
}

async function search(
  { pattern, glob, ignore_case: ignoreCase }: Input,
  where: string,
  context: ToolContext,
) {
  const { sandbox, signal } = context;
  const options = { signal, timeoutMs: 60_000, maxBytes: 4 * 1024 * 1024 };
  const ripgrep = [
    'rg',
    '--line-number',
    '--no-heading',
    '--with-filename',
    '--color=never',
    '--hidden',
    '--glob=!.git',
    '--sort=path',
    '--max-columns=300',
    '--max-columns-preview',
    ...(glob === undefined ? [] : [`--glob=${glob}`]),
    ...(ignoreCase ? ['--ignore-case'] : []),
    '--regexp',
    pattern,
    '--',
    where,
  ];
  try {
    return await sandbox.exec(ripgrep, options);
  } catch {
    // No ripgrep here: git can search too, in a repository.
    return sandbox.exec(
      [
        'git',
        'grep',
        '-nIE',
        '--untracked',
        '--no-color',
        ...(ignoreCase ? ['-i'] : []),
        '-e',
        pattern,
        '--',
        glob === undefined
          ? where
          : `:(glob)${where === '.' ? '' : `${where.replace(/\/$/, '')}/`}**/${glob}`,
      ],
      options,
    );
  }
}
