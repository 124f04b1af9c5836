import type { ModelMessage } from '../../model/index.ts';
import { foldedText } from '../conversation.ts';
import { estimateTokens } from './meter.ts';

/** The results of so many last steps are never folded: the model is still at work with them. */
const KEPT_STEPS = 4;
/** A result smaller than this is not worth its place in a cache. */
const MIN_TOKENS = 200;

/**
 * The old results of tools that can go, the oldest first, until so many tokens are free. All that go, go at once: each
 * fold changes the prefix, and the provider's cache is lost from there on.
 */
export function chooseFolds(
  messages: readonly ModelMessage[],
  tokensToFree: number,
  stepOf: (message: ModelMessage) => number,
): { results: { step: number; callId: string }[]; tokens: number } {
  const groups = messages.filter((message) => message.role === 'tool');
  const results: { step: number; callId: string }[] = [];
  let tokens = 0;
  for (const message of groups.slice(0, Math.max(0, groups.length - KEPT_STEPS))) {
    for (const result of message.results) {
      if (tokens >= tokensToFree) return { results, tokens };
      const freed = estimateTokens(result.output) - estimateTokens(foldedText(result));
      if (freed < MIN_TOKENS) continue;
      results.push({ step: stepOf(message), callId: result.callId });
      tokens += freed;
    }
  }
  return { results, tokens };
}
