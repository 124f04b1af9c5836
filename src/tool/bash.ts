import { z } from 'zod';
import { failure, success, type Tool } from './tool.ts';

const MAX_BYTES = 24_000;
const DEFAULT_SECONDS = 120;
const MAX_SECONDS = 600;

const input = z.object({
  command: z.string().min(1),
  timeout: z.int().min(1).max(MAX_SECONDS).optional().describe(`Seconds; default ${DEFAULT_SECONDS}`),
  background: z.boolean().optional().describe('Return at once; read it with jobs'),
});

export const bashTool: Tool<z.infer<typeof input>> = {
  name: 'bash',
  kind: 'execute',
  description:
    'Run a command with bash. The working directory is kept between calls; variables are not. Long output keeps its head and tail.',
  input,
  access: () => ({ writes: '*' }),
  command: ({ command }) => command,
  async run({ command, timeout = DEFAULT_SECONDS, background }, { sandbox, signal, newOutputFile, shell }) {
    if (background) {
      const { id } = await shell.start(command, sandbox, newOutputFile());
      return success(`Runs as ${id}; jobs reads or ends it.`);
    }
    const before = shell.where(sandbox);
    const result = await shell.run(command, sandbox, {
      signal,
      timeoutMs: timeout * 1000,
      maxBytes: MAX_BYTES,
      outputFile: newOutputFile(),
    });
    const notes: string[] = [];
    if (result.timedOut) notes.push(`[killed after ${timeout} s]`);
    else if (result.aborted) notes.push('[stopped]');
    else if (result.signal !== undefined) notes.push(`[ended by ${result.signal}]`);
    else if (result.exitCode !== 0) notes.push(`[exit code ${result.exitCode}]`);
    const after = shell.where(sandbox);
    if (after !== before) notes.push(`[now in ${after}]`);
    const text =
      [result.output.trimEnd(), ...notes].filter((part) => part !== '').join('\n') || '[no output]';
    return result.exitCode === 0
      ? success(text, result.outputFile)
      : { ...failure(text), ...(result.outputFile && { outputFile: result.outputFile }) };
  },
};
