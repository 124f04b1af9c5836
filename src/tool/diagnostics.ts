import { relative } from 'node:path';
import { z } from 'zod';
import { type Checker, checkersFor } from '../project/index.ts';
import { CommandNotStartedError } from '../sandbox/index.ts';
import { limitText } from './limit.ts';
import { failure, success, type Tool, type ToolContext } from './tool.ts';

const TIMEOUT_MS = 180_000;
const MAX_CHARS = 10_000;

const input = z.object({
  paths: z.array(z.string()).optional().describe('Default: the files that you have changed'),
});

/** Runs the repository's own type checker and linter and shows what they say of certain files. */
export const diagnosticsTool: Tool<z.infer<typeof input>> = {
  name: 'diagnostics',
  kind: 'execute',
  description: "What the repository's own type checker and linters say of the files that you changed.",
  input,
  access: () => ({ writes: '*' }),
  async run({ paths }, context) {
    const { sandbox, seen } = context;
    const real =
      paths === undefined ? [...seen.changed] : await Promise.all(paths.map((path) => sandbox.resolve(path)));
    const files = real.map((path) => relative(sandbox.root, path));
    if (files.length === 0) return failure('No file was changed by edit or write yet: name the paths.');
    const checkers = checkersFor(sandbox.root, files);
    if (checkers.length === 0)
      return success(`The repository has no checker of its own for ${files.join(', ')} that is installed.`);
    const said = await Promise.all(checkers.map((checker) => check(checker, files, context)));
    return success(limitText(said.join('\n'), MAX_CHARS));
  },
};

async function check(
  { name, command, folder }: Checker,
  files: readonly string[],
  { sandbox, signal }: ToolContext,
): Promise<string> {
  try {
    const result = await sandbox.exec(command, {
      cwd: `${sandbox.root}/${folder}`,
      signal,
      timeoutMs: TIMEOUT_MS,
      maxBytes: 2_000_000,
    });
    if (result.timedOut) return `${name}: it took more than ${TIMEOUT_MS / 1000} s.`;
    if (result.exitCode === 0) return `${name}: no complaint.`;
    const inside = files.map((file) => relative(folder, file));
    const lines = result.output.split('\n');
    const about = linesAbout(lines, inside);
    if (about.length > 0) return `${name}:\n${about.join('\n')}`;
    const others = lines.filter((line) => /\berror\b|:\d+:\d+/.test(line)).length;
    // A checker that fails without naming a file failed itself.
    return others > 0
      ? `${name}: no complaint about these files (${others} about others).`
      : `${name} failed (exit code ${result.exitCode}):\n${limitText(result.output.trim(), 1_500)}`;
  } catch (error) {
    if (error instanceof CommandNotStartedError) return `${name} is not installed here.`;
    throw error;
  }
}

/** The lines that name one of the files, with the indented lines below each. */
function linesAbout(lines: readonly string[], files: readonly string[]): string[] {
  const found: string[] = [];
  let isAbout = false;
  for (const line of lines) {
    if (line.trim() === '') isAbout = false;
    else if (files.some((file) => line.includes(file))) isAbout = true;
    else if (!/^\s/.test(line)) isAbout = false;
    if (isAbout) found.push(line);
  }
  return found;
}
