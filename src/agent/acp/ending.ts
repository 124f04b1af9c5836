import { RequestError, type StopReason } from '@agentclientprotocol/sdk';
import type { Outcome } from '../agent.ts';

/** What the end of a prompt means for the work. */
export function outcomeFor(
  reason: StopReason,
  end: (status: Outcome['status'], reason: string) => Outcome,
): Outcome {
  switch (reason) {
    case 'end_turn':
      return end('done', 'The agent answered.');
    case 'cancelled':
      return end('interrupted', 'The agent says that it was stopped.');
    case 'refusal':
      return end('failed', 'The agent refused to go on.');
    default:
      return end('exhausted', `The agent stopped at its own bound (${reason}).`);
  }
}

/** One sentence for what went wrong with a request. */
export function explain(error: unknown): string {
  if (!(error instanceof RequestError)) return error instanceof Error ? error.message : String(error);
  if (error.code === -32000)
    return `The agent wants you to sign in first: start it by itself once. (${error.message})`;
  const detail = (error.data as { details?: unknown } | undefined)?.details;
  return `The agent answered with an error: ${error.message}${typeof detail === 'string' ? ` (${detail})` : ''}`;
}
