/** The `git` program is not there. */
export class GitMissingError extends Error {
  override name = 'GitMissingError';
  constructor() {
    super('Kino needs git, and no `git` is on the PATH; install it (Debian: apt-get install git).');
  }
}

/** A folder that is in no git repository. */
export class NotARepositoryError extends Error {
  override name = 'NotARepositoryError';
  readonly path: string;
  constructor(path: string, detail = '') {
    super(
      `${path} is not in a git repository${detail && ` (${detail})`}; name one, or run \`git init\` there.`,
    );
    this.path = path;
  }
}

/** A name that leads to no commit: an unknown revision, an empty history, a broken HEAD. */
export class NoSuchCommitError extends Error {
  override name = 'NoSuchCommitError';
  readonly revision: string;
  constructor(revision: string, path: string) {
    super(
      revision === 'HEAD'
        ? `${path} has no commit yet, or its HEAD is broken.`
        : `${revision} names no commit of ${path}.`,
    );
    this.revision = revision;
  }
}

/** A git command that failed for a reason we do not know better than git does. */
export class GitError extends Error {
  override name = 'GitError';
  readonly args: readonly string[];
  readonly exitCode: number | null;
  readonly stderr: string;
  constructor(args: readonly string[], exitCode: number | null, stderr: string) {
    const said = stderr.trim().split('\n').at(-1) ?? '';
    super(`git ${args.find((arg) => /^[a-z]/.test(arg)) ?? ''} failed${said && `: ${said}`}`);
    this.args = args;
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}
