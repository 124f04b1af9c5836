import { GitError, git, streamGit, workTreeEnvironment } from '../../git/index.ts';
import { DIFF } from '../change.ts';
import { type FileDiff, readDiff } from '../diff.ts';

/** A hunk is not there as it was shown, or cannot be taken out or put back where the file is now. */
export class HunkConflictError extends Error {
  override name = 'HunkConflictError';
}

/**
 * The patch that makes one hunk of a file and nothing else, as git writes it: byte for byte, whatever the file's encoding
 * and line ends.
 *
 * @param id of the hunk
 * @throws HunkConflictError where the change no longer has it
 */
export async function patchOfHunk(
  root: string,
  base: string,
  file: Pick<FileDiff, 'path' | 'from'>,
  id: string,
): Promise<Buffer> {
  const whole = await patchOfFile(root, base, file);
  const [parsed] = readDiff(whole.toString('utf8'));
  const at = parsed?.hunks.findIndex((hunk) => hunk.id === id) ?? -1;
  if (at === -1)
    throw new HunkConflictError(`${file.path} has changed since it was shown; look at it again.`);
  const { head, hunks } = split(whole);
  return Buffer.concat([alone(head, parsed!.status), hunks[at]!]);
}

/**
 * Makes a patch's change in the workspace, or takes it back.
 *
 * @throws HunkConflictError where the file is not as the patch wants it, which is then as it was
 */
export async function applyPatch(
  root: string,
  patch: Buffer,
  { reverse }: { reverse: boolean },
): Promise<void> {
  const env = await workTreeEnvironment(root);
  try {
    await git(root, ['apply', '--whitespace=nowarn', ...(reverse ? ['--reverse'] : []), '-'], {
      env,
      input: patch,
    });
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const why =
      error.stderr
        .trim()
        .split('\n')
        .at(-1)
        ?.replace(/^error: /, '') ?? '';
    throw new HunkConflictError(`The files do not allow it any more (${why}).`);
  }
}

async function patchOfFile(
  root: string,
  base: string,
  { path, from }: Pick<FileDiff, 'path' | 'from'>,
): Promise<Buffer> {
  const env = await workTreeEnvironment(root);
  const paths = [...(from === undefined ? [] : [from]), path].map((one) => `:(literal,top)${one}`);
  const known = await bytesOf(root, [...DIFF, '--end-of-options', base, '--', ...paths], env);
  // What git does not know is compared with nothing.
  return known.length > 0 ? known : bytesOf(root, [...DIFF, '--no-index', '--', '/dev/null', path], env);
}

/** What a diff prints; that it found a difference is no failure. */
async function bytesOf(root: string, args: readonly string[], env: Record<string, string>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of streamGit(root, args, { env })) chunks.push(chunk);
  } catch (error) {
    if (!(error instanceof GitError) || error.exitCode !== 1) throw error;
  }
  return Buffer.concat(chunks);
}

const HUNK = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/;

/** A patch of one file in its head and its hunks. Lines are cut at their ends, whatever bytes they hold. */
function split(patch: Buffer): { head: string[]; hunks: Buffer[] } {
  const lines = patch.toString('latin1').split(/(?<=\n)/);
  const head: string[] = [];
  const hunks: string[][] = [];
  let [old, next] = [0, 0];
  for (const line of lines) {
    const match = old === 0 && next === 0 ? HUNK.exec(line) : null;
    if (match) {
      [old, next] = [Number(match[1] ?? 1), Number(match[2] ?? 1)];
      hunks.push([line]);
    } else if (hunks.length === 0) head.push(line);
    else {
      hunks.at(-1)!.push(line);
      if (line.startsWith('\\')) continue;
      if (!line.startsWith('+')) old--;
      if (!line.startsWith('-')) next--;
    }
  }
  return { head, hunks: hunks.map((own) => Buffer.from(own.join(''), 'latin1')) };
}

/** The head of a patch of which only some hunks are wanted: what else it says of the file (a move, rights) stays as it is. */
function alone(head: readonly string[], status: FileDiff['status']): Buffer {
  if (status === 'added' || status === 'deleted') return Buffer.from(head.join(''), 'latin1');
  const now = head.find((line) => line.startsWith('+++ '))!.slice('+++ '.length);
  const before = now.replace(/^("?)b\//, '$1a/');
  return Buffer.from(`--- ${before}+++ ${now}`, 'latin1');
}
