import { git } from './git.ts';

/**
 * Who commits in a folder are by, as environment variables: where the person's own configuration is not to be seen,
 * commits are by them nevertheless. Empty where git knows nobody.
 */
export async function identityEnvironment(folder: string): Promise<Record<string, string>> {
  const said = await git(folder, ['config', '--get-regexp', '^user\\.(name|email)$']).catch(() => '');
  const values = new Map(
    said.split('\n').map((line) => [line.split(' ', 1)[0], line.slice(line.indexOf(' ') + 1)]),
  );
  const name = values.get('user.name');
  const email = values.get('user.email');
  return {
    ...(name !== undefined && { GIT_AUTHOR_NAME: name, GIT_COMMITTER_NAME: name }),
    ...(email !== undefined && { GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_EMAIL: email }),
  };
}
