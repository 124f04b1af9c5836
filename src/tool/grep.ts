import { z } from 'zod';
import { limitLine, limitText } from './limit.ts';
import { failure, success, type Tool, type ToolContext } from './tool.ts';

const MAX_LINES = 200;
const MAX_CHARS = 20_000;

const input = z.object({
  pattern: z.string().describe('Regular expression'),
  path: z.string().optional().describe('File or folder to search'),
  glob: z.string().optional().describe('Only files like this, for example *.ts'),
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
    const found = result.output.trimEnd().split('\n');
    const lines = found.map((line) => limitLine(line.replace(/^\.\//, '')));
    const shown = lines.slice(0, MAX_LINES).join('\n');
    const more =
      lines.length > MAX_LINES
        ? `\n[… ${lines.length - MAX_LINES} more matching lines; narrow the search …]`
        : '';
    return success(limitText(shown, MAX_CHARS) + more);
  },
};

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
