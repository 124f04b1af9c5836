import { setTimeout as sleep } from 'node:timers/promises';
import { ModelCallError } from './errors.ts';
import type { Model, ModelAnswer, ModelDelta, ModelRequest } from './model.ts';

export interface RetryPolicy {
  /** Tries in all. */
  attempts: number;
  /** The first pause; each further one doubles. */
  baseMs: number;
  /** No pause that we choose is longer. */
  maxMs: number;
  /** A provider that asks for a longer pause than this is not waited for. */
  maxRetryAfterMs: number;
  /** In 0..1. */
  random: () => number;
}

export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 6,
  baseMs: 500,
  maxMs: 30_000,
  maxRetryAfterMs: 120_000,
  random: Math.random,
};

/** What a caller is told before each try after the first. */
export interface RetryNotice {
  attempt: number;
  reason: string;
  delayMs: number;
}

/**
 * Streams an answer, and asks again where that may help: exponential back-off with full jitter, never shorter than
 * the provider's Retry-After. What a failed try has streamed is void; `onRetry` says so before the next one.
 *
 * @throws ModelCallError of the last try
 */
export async function* streamWithRetry(
  model: Model,
  request: ModelRequest,
  options: {
    signal?: AbortSignal;
    policy?: RetryPolicy;
    onRetry?: (notice: RetryNotice) => Promise<void>;
  } = {},
): AsyncGenerator<ModelDelta, ModelAnswer> {
  const policy = options.policy ?? DEFAULT_RETRY;
  for (let attempt = 1; ; attempt++) {
    try {
      return yield* model.stream(request, options.signal);
    } catch (error) {
      if (!(error instanceof ModelCallError) || options.signal?.aborted) throw error;
      const delayMs = delayBefore(attempt + 1, error, policy);
      if (delayMs === undefined) throw error;
      await options.onRetry?.({ attempt: attempt + 1, reason: error.message, delayMs: Math.round(delayMs) });
      await sleep(delayMs, undefined, options.signal ? { signal: options.signal } : {}).catch(() => {
        throw new ModelCallError('The call was stopped.', { retryable: false });
      });
    }
  }
}

/** Milliseconds to wait before a try, or undefined when it is not worth one. */
export function delayBefore(attempt: number, error: ModelCallError, policy: RetryPolicy): number | undefined {
  if (!error.retryable || attempt > policy.attempts) return undefined;
  const asked = error.retryAfterMs ?? 0;
  if (asked > policy.maxRetryAfterMs) return undefined;
  const ceiling = Math.min(policy.maxMs, policy.baseMs * 2 ** (attempt - 2));
  // On top of what was asked for, so that clients that were refused together do not come back together.
  return asked + policy.random() * ceiling;
}
