import type { ModelMessage, ToolSpec } from '../../model/index.ts';

/** What fills a context window. */
export const CONTEXT_PARTS = ['system', 'instructions', 'tools', 'files', 'results', 'conversation'] as const;
export type ContextPart = (typeof CONTEXT_PARTS)[number];

export interface ContextUse {
  /** Tokens that the model takes in all. */
  window: number;
  /** Tokens beyond which models get worse. */
  smartZone: number;
  /** Estimated tokens of the next request. */
  used: number;
  parts: Record<ContextPart, number>;
}

/** A picture costs about this many tokens with every provider. */
const IMAGE_TOKENS = 1_500;
/** What a message or a call costs beyond its text. */
const OVERHEAD = 4;

/** Tokens of a text, about: four characters each, and one each for what is not Latin. */
export function estimateTokens(text: string): number {
  let wide = 0;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x2ff) wide++;
  return Math.ceil((text.length - wide) / 4 + wide);
}

export interface Measured {
  system: string;
  instructions: readonly { text: string }[];
  tools: readonly ToolSpec[];
  messages: readonly ModelMessage[];
}

/**
 * What the parts of a request weigh.
 *
 * @param ratio tokens that the provider counted for each one estimated, from the last request
 */
export function measure(
  { system, instructions, tools, messages }: Measured,
  { window, smartZone, ratio = 1 }: { window: number; smartZone: number; ratio?: number },
): ContextUse {
  const parts: Record<ContextPart, number> = {
    system: 0,
    instructions: 0,
    tools: 0,
    files: 0,
    results: 0,
    conversation: 0,
  };
  for (const { text } of instructions) parts.instructions += estimateTokens(text);
  parts.system = Math.max(0, estimateTokens(system) - parts.instructions);
  parts.tools = estimateTokens(JSON.stringify(tools));
  for (const message of messages) {
    if (message.role !== 'tool') parts.conversation += weigh(message);
    else {
      for (const result of message.results) {
        const tokens = estimateTokens(result.output) + OVERHEAD + (result.images?.length ?? 0) * IMAGE_TOKENS;
        parts[result.tool === 'read' ? 'files' : 'results'] += tokens;
      }
    }
  }
  let used = 0;
  for (const part of CONTEXT_PARTS) {
    parts[part] = Math.round(parts[part] * ratio);
    used += parts[part];
  }
  return { window, smartZone: Math.round(window * smartZone), used, parts };
}

function weigh(message: Exclude<ModelMessage, { role: 'tool' }>): number {
  const text = estimateTokens(message.text) + OVERHEAD;
  if (message.role === 'user') return text + (message.images?.length ?? 0) * IMAGE_TOKENS;
  return message.toolCalls.reduce(
    (sum, call) => sum + estimateTokens(JSON.stringify(call.input ?? '')) + OVERHEAD,
    text,
  );
}
