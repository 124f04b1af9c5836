import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from './temporary.ts';

export interface CommitSpec {
  message: string;
  /** Files to write; null deletes. */
  files?: Record<string, string | Buffer | null>;
  author?: string;
}

export interface TestRepository {
  path: string;
  /** Commits, and gives the id. */
  commit(spec: CommitSpec): string;
  git(...args: string[]): string;
}

/**
 * A real git repository in a new folder. Its clock advances a minute a commit, so that ids are the same each time.
 *
 * @param start when its first commit is
 */
export function createRepository(
  commits: readonly CommitSpec[] = [],
  path = temporaryFolder(),
  start = new Date(Date.UTC(2024, 0, 1)),
): TestRepository {
  mkdirSync(path, { recursive: true });
  let minute = 0;
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'core.hooksPath=/dev/null', ...args], {
      cwd: path,
      encoding: 'utf8',
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  const commit = ({ message, files = {}, author = 'Ada Test <ada@example.com>' }: CommitSpec) => {
    for (const [file, content] of Object.entries(files)) {
      if (content === null) rmSync(join(path, file));
      else {
        mkdirSync(dirname(join(path, file)), { recursive: true });
        writeFileSync(join(path, file), content);
      }
    }
    git('add', '--all');
    const date = new Date(start.getTime() + minute++ * 60_000).toISOString();
    execFileSync('git', ['commit', '--quiet', '--allow-empty', '--author', author, '--file', '-'], {
      cwd: path,
      input: message,
      env: {
        ...process.env,
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_DATE: date,
        GIT_COMMITTER_NAME: 'Ada Test',
        GIT_COMMITTER_EMAIL: 'ada@example.com',
      },
    });
    return git('rev-parse', 'HEAD');
  };
  git('init', '--quiet', '--initial-branch=main');
  for (const spec of commits) commit(spec);
  return { path, commit, git };
}
