import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from './git.ts';
import type { Repository } from './repository.ts';

/**
 * Makes a workspace at a commit that knows nothing of what came after: a repository of its own that holds the
 * commit, its tree, and nothing else. No object, ref, reflog, tag, remote or alternate leads further, so an agent
 * cannot read the answer from git. The branch is `main`; the commit keeps its id.
 *
 * @param target a folder that does not exist yet or is empty
 * @throws GitError
 */
export async function exportBase(
  repository: Repository,
  commit: string,
  target: string,
  signal?: AbortSignal,
): Promise<void> {
  const options = signal ? { signal } : {};
  // A filter of the person's configuration (git-lfs, say) would run here, and could ask the network.
  const alone = { ...options, alone: true };
  await mkdir(target, { recursive: true });
  const format = commit.length === 64 ? 'sha256' : 'sha1';
  await git(
    target,
    ['init', '--quiet', '--template=', '--initial-branch=main', `--object-format=${format}`],
    alone,
  );
  await git(
    target,
    [
      'fetch',
      '--quiet',
      '--depth=1',
      '--no-tags',
      '--no-write-fetch-head',
      '--no-recurse-submodules',
      '--upload-pack=GIT_ALLOW_PROTOCOL=none git -c uploadpack.allowAnySHA1InWant=true -c uploadpack.allowFilter=true upload-pack',
      repository.path,
      commit,
    ],
    { ...options, env: { GIT_ALLOW_PROTOCOL: 'file' } },
  );
  await writeFile(join(target, '.git', 'config'), configuration(format));
  await git(target, ['update-ref', '--no-deref', 'refs/heads/main', commit], alone);
  await git(target, ['reset', '--quiet', '--hard', 'main'], alone);
  await rm(join(target, '.git', 'logs'), { recursive: true, force: true });
  await rm(join(target, '.git', 'ORIG_HEAD'), { force: true });
}

/** Written whole, so that nothing of the fetch (a path, a remote) stays. */
function configuration(format: 'sha1' | 'sha256'): string {
  return `[core]
\trepositoryformatversion = ${format === 'sha256' ? 1 : 0}
\tfilemode = true
\tbare = false
\tlogallrefupdates = false
[user]
\tname = agent
\temail = agent@localhost
${format === 'sha256' ? '[extensions]\n\tobjectformat = sha256\n' : ''}`;
}
