import { spawn } from 'node:child_process';
import { trustOf } from '../config/index.ts';
import { git, uncommittedIn } from '../git/index.ts';
import type { Description } from './description.ts';

/** A pull request that cannot be opened, with what to do instead. */
export class PullRequestError extends Error {
  override name = 'PullRequestError';
}

/**
 * Pushes the branch that a workspace is on and opens a pull request for it with GitHub's own program. Only of a repository
 * that the person trusts: pushing obeys its configuration.
 *
 * @param origin the repository that the workspace belongs to
 * @returns the address of the pull request
 * @throws PullRequestError
 */
export async function openPullRequest(
  root: string,
  origin: string,
  { title, body }: Description,
): Promise<string> {
  if ((await trustOf(origin)) !== 'trusted')
    throw new PullRequestError(
      `${origin} is not trusted, and pushing obeys its configuration: \`kino trust\` says that you do.`,
    );
  const left = await uncommittedIn(root);
  if (left.length > 0)
    throw new PullRequestError(
      `${left.length} files are not committed (${left.slice(0, 3).join(', ')}); commit them first.`,
    );
  const branch = await git(root, ['symbolic-ref', '--quiet', '--short', 'HEAD']).catch(() => '');
  if (branch === '') throw new PullRequestError('The workspace is on no branch.');
  // Nothing is pushed that no request could be opened for.
  await run(root, ['gh', '--version']);
  await run(root, ['git', 'push', '--set-upstream', 'origin', `refs/heads/${branch}`]);
  const said = await run(
    root,
    ['gh', 'pr', 'create', '--title', title, '--body-file', '-', '--head', branch],
    body,
  );
  const address = /https:\/\/\S+/.exec(said)?.[0];
  if (address === undefined)
    throw new PullRequestError(`gh opened it and did not say where: ${said.trim().slice(0, 200)}`);
  return address;
}

/** Runs a program as the person. @returns what it printed @throws PullRequestError */
function run(cwd: string, [program = '', ...args]: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, GIT_TERMINAL_PROMPT: '0', GH_PROMPT_DISABLED: '1' };
    const child = spawn(program, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk;
    });
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        new PullRequestError(
          error.code === 'ENOENT'
            ? `There is no ${program} here; copy the description instead.`
            : error.message,
        ),
      ),
    );
    child.on('close', (code) => {
      if (code === 0) return resolve(stdout);
      const said = (stderr || stdout).trim().split('\n').at(-1) ?? '';
      reject(new PullRequestError(`${program} ${args[0]} failed: ${said.slice(0, 300)}`));
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
