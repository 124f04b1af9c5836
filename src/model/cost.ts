import type { ModelUsage } from './model.ts';

/** US dollars for a million tokens. */
export interface ModelPrice {
  input: number;
  output: number;
  cachedInput?: number;
}

/** The cost of a call in US dollars, or undefined where the price or a count is not known. */
export function costOf(usage: ModelUsage, price: ModelPrice | undefined): number | undefined {
  if (!price || usage.inputTokens === undefined || usage.outputTokens === undefined) return undefined;
  const cached = Math.min(usage.cachedTokens ?? 0, usage.inputTokens);
  const fresh = usage.inputTokens - cached;
  return (
    (fresh * price.input + cached * (price.cachedInput ?? price.input) + usage.outputTokens * price.output) /
    1e6
  );
}
