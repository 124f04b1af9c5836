import { z } from 'zod';
import { failure, success, type Tool } from './tool.ts';

const MAX_BYTES = 24_000;
const DEFAULT_SECONDS = 120;
const MAX_SECONDS = 600;

const input = z.object({
  command: z.string().min(1),
  timeout: z.int().min(1).max(MAX_SECONDS).optional().describe(`Seconds; default ${DEFAULT_SECONDS}`),
});

export const bashTool: Tool<z.infer<typeof input>> = {
  name: 'bash',
  description:
    'Run a command with bash in the working directory. Each call is a new shell. Long output keeps its head and tail.',
  input,
  access: () => ({ writes: '*' }),
  async run({ command, timeout = DEFAULT_SECONDS }, { sandbox, signal, newOutputFile }) {
    const result = await sandbox.exec(['bash', '-c', command], {
      signal,
      timeoutMs: timeout * 1000,
      maxBytes: MAX_BYTES,
      outputFile: newOutputFile(),
    });
    const output = result.output.trimEnd();
    const notes: string[] = [];
    if (result.timedOut) notes.push(`[killed after ${timeout} s]`);
    else if (result.aborted) notes.push('[stopped]');
    else if (result.signal !== undefined) notes.push(`[ended by ${result.signal}]`);
    else if (result.exitCode !== 0) notes.push(`[exit code ${result.exitCode}]`);
    const text = [output, ...notes].filter((part) => part !== '').join('\n') || '[no output]';
    return result.exitCode === 0
      ? success(text, result.outputFile)
      : { ...failure(text), ...(result.outputFile && { outputFile: result.outputFile }) };
  },
};
