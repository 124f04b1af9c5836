import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { type Checker, checkersFor } from '../project/index.ts';
import { CommandNotStartedError } from '../sandbox/index.ts';
import { explainFileError, limitText } from './limit.ts';
import { failure, success, type Tool, type ToolContext } from './tool.ts';

const TIMEOUT_MS = 180_000;
const MAX_CHARS = 10_000;

const input = z.object({
  paths: z.array(z.string()).optional().describe('Default: those that you changed'),
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
    const root = await sandbox.resolve(sandbox.root);
    const real: string[] = [];
    for (const path of paths ?? []) {
      try {
        const file = await sandbox.resolve(path);
        if (statSync(file).isDirectory()) return failure(`${path} is a folder; name files of it.`);
        real.push(file);
      } catch (error) {
        return failure(explainFileError(path, error));
      }
    }
    if (paths === undefined) real.push(...[...seen.changed].filter((file) => existsSync(file)));
    if (real.length === 0) return failure('No file was changed by edit or write yet: name the paths.');
    const checkers = checkersFor(root, real);
    if (checkers.length === 0) {
      const files = real.map((file) => relative(root, file)).join(', ');
      return success(`The repository has no checker of its own for ${files} that is installed.`);
    }
    const said = await Promise.all(checkers.map((checker) => check(checker, root, real, context)));
    return success(limitText(said.join('\n'), MAX_CHARS));
  },
};

/** @param files absolute */
async function check(
  { name: program, command, folder }: Checker,
  root: string,
  files: readonly string[],
  { sandbox, signal }: ToolContext,
): Promise<string> {
  const name = folder === '.' ? program : `${program} in ${folder}`;
  try {
    const result = await sandbox.exec(command, {
      cwd: join(root, folder),
      signal,
      timeoutMs: TIMEOUT_MS,
      maxBytes: 2_000_000,
    });
    if (result.timedOut) return `${name}: it took more than ${TIMEOUT_MS / 1000} s.`;
    if (result.aborted) return `${name}: it was stopped.`;
    const lines = result.output.split('\n');
    const about = linesAbout(lines, namesOf(files, root, folder));
    if (about.length > 0) return `${name}:\n${about.join('\n')}`;
    if (result.exitCode === 0) return `${name}: no complaint.`;
    const others = lines.filter((line) => COMPLAINT.test(line)).length;
    // A checker that fails without a complaint about a file failed itself.
    return others > 0
      ? `${name}: no complaint about these files (${others} about others).`
      : `${name} failed (exit code ${result.exitCode}):\n${limitText(result.output.trim(), 1_500)}`;
  } catch (error) {
    if (error instanceof CommandNotStartedError) return `${name} is not installed here.`;
    throw error;
  }
}

/** `file(1,2): text`, `file:1:2: text`, or a command for GitHub; a checker's own configuration in JSON is no such file. */
const COMPLAINT = /^\S.*?(?<!\.json)(?:\(\d+,\d+\)|:\d+(?::\d+)?): \S|^::(?:error|warning) .*\bfile=/;

/** What a checker may call the files: by their absolute paths, or relative to its folder or one above (cargo does). */
function namesOf(files: readonly string[], root: string, folder: string): Set<string> {
  const names = new Set(files);
  for (let at = join(root, folder); ; at = dirname(at)) {
    for (const file of files) names.add(relative(at, file));
    if (at === root || at === dirname(at)) return names;
  }
}

/** The lines that are about one of the files, with the indented lines below each. */
function linesAbout(lines: readonly string[], names: ReadonlySet<string>): string[] {
  const found: string[] = [];
  let isAbout = false;
  for (const line of lines) {
    if (line.trim() === '') isAbout = false;
    else if (!/^\s/.test(line)) isAbout = beginsWithOne(line, names);
    if (isAbout) found.push(line);
  }
  return found;
}

/** A path in the middle of a line is what a message speaks of, not what it is about. */
function beginsWithOne(line: string, names: ReadonlySet<string>): boolean {
  const field = /^::\w+ .*?\bfile=([^,]*)/.exec(line)?.[1];
  if (field !== undefined) return names.has(field.replace(/%(?:25|0A|0D|2C|3A)/gi, decodeURIComponent));
  const start = line.replace(/^(?:vet: )?(?:\.\/)?/, '');
  return [...names].some((name) => start.startsWith(name) && /^(?:$|[:(])/.test(start.slice(name.length)));
}
