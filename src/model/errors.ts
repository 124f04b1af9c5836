/** A call to a model that failed. */
export class ModelCallError extends Error {
  override name = 'ModelCallError';
  /** The same request may succeed later. */
  readonly retryable: boolean;
  /** How long the provider asks to wait. */
  readonly retryAfterMs: number | undefined;
  readonly status: number | undefined;
  /** The conversation is longer than the model can read. */
  readonly overflow: boolean;
  constructor(
    message: string,
    options: {
      retryable: boolean;
      retryAfterMs?: number;
      status?: number;
      overflow?: boolean;
      cause?: unknown;
    },
  ) {
    super(message, { cause: options.cause });
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs;
    this.status = options.status;
    this.overflow = options.overflow ?? false;
  }
}

/** A model name that leads to no provider. */
export class UnknownModelError extends Error {
  override name = 'UnknownModelError';
}

/** The key that a provider needs is not in the environment. */
export class MissingKeyError extends Error {
  override name = 'MissingKeyError';
  readonly variable: string;
  constructor(provider: string, variable: string) {
    super(`${provider} needs a key: set ${variable} (\`kino doctor\` shows what is set).`);
    this.variable = variable;
  }
}

/** A recording that cannot be read or written. */
export class RecordingError extends Error {
  override name = 'RecordingError';
}

/** A run that departs from its recording. */
export class ReplayMismatchError extends Error {
  override name = 'ReplayMismatchError';
}
