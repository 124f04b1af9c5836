import { APICallError } from '@ai-sdk/provider';
import { ModelCallError, RecordingError, ReplayMismatchError } from './errors.ts';

/** Errors inside a stream whose type says that the same request may succeed later. */
const PASSING =
  /overloaded|rate_limit|too_many|unavailable|timeout|server_error|internal|api_error|exhausted/i;

/** How providers say that a conversation is too long. */
const OVERFLOW =
  /context.{0,12}(?:length|window|limit|size)|maximum context|prompt is too long|input.{0,24}too (?:long|large|many tokens)|too many (?:input )?tokens|exceeds? the (?:maximum|model).{0,40}tokens?/i;

/** Turns whatever a provider or the network threw into one kind of error that says whether to try again. */
export function explainFailure(error: unknown): ModelCallError | ReplayMismatchError | RecordingError {
  if (
    error instanceof ModelCallError ||
    error instanceof ReplayMismatchError ||
    error instanceof RecordingError
  ) {
    return error;
  }
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof ReplayMismatchError || cause instanceof RecordingError) return cause;
  if (APICallError.isInstance(error)) return explainApiCall(error);
  const said = describe(error);
  const status = statusIn(error);
  const refused = status !== undefined && status >= 400 && status < 500 && status !== 429 && status !== 408;
  const retryable = !refused && (PASSING.test(said) || isBroken(error));
  return new ModelCallError(said, { retryable, ...(status !== undefined && { status }), cause: error });
}

function explainApiCall(error: APICallError): ModelCallError {
  const { statusCode: status } = error;
  if (status === undefined) {
    const detail = describe(error.cause ?? error);
    return new ModelCallError(`${hostOf(error.url)} could not be reached (${detail}).`, {
      retryable: true,
      cause: error,
    });
  }
  const retryAfterMs = retryAfter(error.responseHeaders ?? {});
  const overflow =
    (status === 400 || status === 413 || status === 422) &&
    OVERFLOW.test(`${error.message} ${error.responseBody ?? ''}`);
  return new ModelCallError(`${hostOf(error.url)} answered ${status}: ${error.message.slice(0, 500)}`, {
    // 529 is Anthropic's word for an overloaded service.
    retryable: error.isRetryable || status === 529,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    status,
    overflow,
    cause: error,
  });
}

/**
 * The pause that a provider asks for, in milliseconds: `retry-after-ms`, or `Retry-After` in seconds or as a date
 * (RFC 9110, section 10.2.3).
 */
export function retryAfter(headers: Record<string, string>, now: number = Date.now()): number | undefined {
  const ms = Number(headers['retry-after-ms'] ?? Number.NaN);
  if (Number.isFinite(ms) && ms >= 0) return ms;
  const value = headers['retry-after']?.trim();
  if (value === undefined || value === '') return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1000 : undefined;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

function statusIn(error: unknown): number | undefined {
  const { code, status } = (typeof error === 'object' && error !== null ? error : {}) as Record<
    string,
    unknown
  >;
  for (const value of [status, code]) {
    if (typeof value === 'number' && value >= 400 && value < 600) return value;
  }
  return undefined;
}

/** A connection that was cut, or an event that is no JSON: what came is not the whole answer. */
function isBroken(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  return /terminated|socket|ECONN|EPIPE|fetch failed|network|aborted|parse|JSON|without a finish|validation/i.test(
    `${error.name} ${error.message}`,
  );
}

function describe(error: unknown): string {
  if (error instanceof Error) {
    const inner = error.cause instanceof Error ? ` (${error.cause.message})` : '';
    return `${error.message.slice(0, 500)}${inner}`;
  }
  if (typeof error === 'object' && error !== null) {
    const { message, type } = error as Record<string, unknown>;
    if (typeof message === 'string') return typeof type === 'string' ? `${type}: ${message}` : message;
  }
  return typeof error === 'string' ? error : JSON.stringify(error).slice(0, 500);
}
