/** A path that leads out of the workspace. */
export class PathOutsideError extends Error {
  override name = 'PathOutsideError';
  readonly path: string;
  constructor(path: string) {
    super(`${path} lies outside the workspace.`);
    this.path = path;
  }
}

/** A change where only looking is allowed. */
export class ReadOnlySandboxError extends Error {
  override name = 'ReadOnlySandboxError';
  constructor(path: string) {
    super(`${path} was not written: the sandbox is read-only.`);
  }
}

/** The program could not be started at all; it did not run. */
export class CommandNotStartedError extends Error {
  override name = 'CommandNotStartedError';
  readonly command: string;
  readonly reason: string;
  constructor(command: string, reason: string) {
    super(`${command} could not be started: ${reason}.`);
    this.command = command;
    this.reason = reason;
  }
}

/** The sandbox itself failed, not the command in it. */
export class SandboxFailedError extends Error {
  override name = 'SandboxFailedError';
  constructor(reason: string) {
    super(`The sandbox failed: ${reason}.`);
  }
}

/** The sandbox that was asked for does not work on this machine. */
export class SandboxUnavailableError extends Error {
  override name = 'SandboxUnavailableError';
  constructor(reason: string) {
    super(
      `The bubblewrap sandbox does not work here: ${reason}. Install it (Debian: apt-get install bubblewrap), ` +
        'or say --sandbox danger-full-access to run commands on this machine without protection.',
    );
  }
}

/** A workspace that holds the person's home folder: making it writable would open everything that the sandbox hides. */
export class WorkspaceTooWideError extends Error {
  override name = 'WorkspaceTooWideError';
  readonly path: string;
  constructor(path: string) {
    super(`The workspace ${path} holds your home folder; name the folder of a project.`);
    this.path = path;
  }
}
