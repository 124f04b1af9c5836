/** A tool as a model is told of it. */
export interface ToolSpec {
  name: string;
  description: string;
  /** JSON Schema of the input, an object. */
  inputSchema: Record<string, unknown>;
}

/** A tool call of an answer. `input` is absent when what the model sent is no JSON object: such a call never runs. */
export interface ToolCall {
  callId: string;
  tool: string;
  input?: Record<string, unknown>;
  /** What the model sent instead. */
  malformed?: string;
}

/** An image for a model to see. */
export interface ModelImage {
  mediaType: string;
  /** Base64. */
  data: string;
}

export interface ModelToolResult {
  callId: string;
  tool: string;
  output: string;
  ok: boolean;
  images?: readonly ModelImage[];
}

export type ModelMessage =
  | { role: 'user'; text: string; images?: readonly ModelImage[] }
  | {
      role: 'assistant';
      text: string;
      toolCalls: ToolCall[];
      /** What the provider gave with its answer and wants back, as `ModelAnswer.providerState`. */
      providerState?: unknown;
    }
  | { role: 'tool'; results: ModelToolResult[] };

export interface ModelRequest {
  system: string;
  messages: readonly ModelMessage[];
  tools: readonly ToolSpec[];
}

/** What a call consumed. Counts that the provider does not tell are absent. */
export interface ModelUsage {
  inputTokens?: number;
  cachedTokens?: number;
  outputTokens?: number;
  reasoningTokens?: number;
}

/** Why a model stopped. Only `stop` and `tool-calls` are whole answers. */
export type FinishReason = 'stop' | 'tool-calls' | 'length' | 'content-filter' | 'other';

/** A complete answer: the provider said that it ended, and how. */
export interface ModelAnswer {
  text: string;
  reasoning: string;
  toolCalls: ToolCall[];
  finish: FinishReason;
  usage: ModelUsage;
  /** US dollars; absent where the price is unknown. */
  costUsd?: number;
  providerState?: unknown;
}

export interface ModelDelta {
  channel: 'text' | 'reasoning';
  text: string;
}

/** What an agent thinks with. */
export interface Model {
  /** `provider/model`, as the person wrote it. */
  readonly name: string;
  /**
   * Sends one request, once. Yields text as it comes and returns the answer when the provider has ended it.
   *
   * @throws ModelCallError for everything that goes wrong, with what is needed to try again
   */
  stream(request: ModelRequest, signal?: AbortSignal): AsyncGenerator<ModelDelta, ModelAnswer>;
}
