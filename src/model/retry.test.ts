import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ModelCallError } from './errors.ts';
import { retryAfter } from './explain-failure.ts';
import { DEFAULT_RETRY, delayBefore } from './retry.ts';

const now = Date.parse('2026-01-01T00:00:00Z');

test.each([
  [{ 'retry-after': '7' }, 7_000],
  [{ 'retry-after': '0' }, 0],
  [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, 30_000],
  [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
  [{ 'retry-after-ms': '250', 'retry-after': '7' }, 250],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '-3' }, undefined],
  [{}, undefined],
])('%j asks for %s ms', (headers, expected) => {
  expect(retryAfter(headers, now)).toBe(expected);
});

test('a pause is never shorter than asked for, never longer than that and the bound, and ends after the last try', () => {
  const asked = fc.option(fc.nat(DEFAULT_RETRY.maxRetryAfterMs), { nil: undefined });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 12 }), asked, share, (attempt, retryAfterMs, random) => {
      const error = new ModelCallError('x', {
        retryable: true,
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      });
      const delay = delayBefore(attempt, error, { ...DEFAULT_RETRY, random: () => random });
      if (attempt > DEFAULT_RETRY.attempts) return delay === undefined;
      const floor = retryAfterMs ?? 0;
      return delay !== undefined && delay >= floor && delay <= floor + DEFAULT_RETRY.maxMs;
    }),
  );
});

test('what cannot pass is not tried again', () => {
  expect(delayBefore(2, new ModelCallError('x', { retryable: false }), DEFAULT_RETRY)).toBeUndefined();
});
