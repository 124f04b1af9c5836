/** What the person wrote cannot be done. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** The person stopped it. */
export class InterruptedError extends Error {
  override name = 'InterruptedError';
}

/** Errors whose cause is the input or the machine's state, by name: each already says what to do. */
const BAD_INPUT = new Set([
  'UsageError',
  'AcpCommandError',
  'AmbiguousThreadError',
  'ConfigError',
  'DatabaseTooNewError',
  'EnvironmentFileError',
  'ExperimentBusyError',
  'ExportExistsError',
  'FlowStateError',
  'ForkError',
  'GitError',
  'GitMissingError',
  'GuideError',
  'HarborTaskError',
  'HunkConflictError',
  'MissingKeyError',
  'MissingToolchainError',
  'NoModelError',
  'NoSuchArtifactError',
  'NoSuchCommitError',
  'NoSuchFolderError',
  'NotAFlowError',
  'NotARepositoryError',
  'NotAnExperimentError',
  'NoSuiteError',
  'NotExportableError',
  'NotPromptableError',
  'NothingToCompareError',
  'NothingToRetryError',
  'PullRequestError',
  'TooManySettingsError',
  'RecordingError',
  'RemoteError',
  'RuleError',
  'SandboxUnavailableError',
  'ServeError',
  'SetupError',
  'StoreWriteError',
  'ThreadNotFoundError',
  'UnknownAgentError',
  'UnknownModelError',
  'UnknownProfileError',
  'UnknownWorkflowError',
  'UnsupportedInstructionError',
  'WorkspaceTooWideError',
  'WorkflowError',
  'WorktreeError',
]);

const FILE_SYSTEM = new Set(['ENOSPC', 'EACCES', 'EPERM', 'EROFS', 'EDQUOT', 'ENOTDIR', 'EISDIR', 'ENOENT']);

export function exitCodeFor(error: unknown): number {
  if (!(error instanceof Error)) return 1;
  if (error.name === 'InterruptedError' || error.name === 'AbortError') return 130;
  if (BAD_INPUT.has(error.name)) return 2;
  return FILE_SYSTEM.has((error as NodeJS.ErrnoException).code ?? '') ? 2 : 1;
}

/** One sentence for the person; the stack too when KINO_DEBUG is set. */
export function sentenceFor(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (process.env.KINO_DEBUG) return error.stack ?? error.message;
  const { code, path } = error as NodeJS.ErrnoException;
  if ((error as NodeJS.ErrnoException).syscall === 'uv_cwd') return 'The working folder is gone.';
  if (code === 'ENOSPC') return 'The disk is full; nothing more was written.';
  if (code !== undefined && FILE_SYSTEM.has(code) && path !== undefined)
    return `${path} cannot be used (${code}).`;
  return error.message.split('\n', 1)[0]!;
}
