import type {
  LanguageModelV4,
  LanguageModelV4FinishReason,
  LanguageModelV4Message,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
} from '@ai-sdk/provider';
import { ModelCallError } from './errors.ts';
import { explainFailure } from './explain-failure.ts';
import type {
  FinishReason,
  Model,
  ModelAnswer,
  ModelDelta,
  ModelImage,
  ModelMessage,
  ModelRequest,
  ModelUsage,
  ToolCall,
} from './model.ts';

/** A piece of an answer with what its provider attached to it. */
type StatePart =
  | { type: 'text' | 'reasoning'; text: string; meta?: SharedV4ProviderMetadata }
  | { type: 'tool-call'; callId: string; meta?: SharedV4ProviderMetadata };

/** How long a stream may be silent before it counts as dead. */
const IDLE_TIMEOUT_MS = 180_000;

/**
 * A model of the `ai` SDK's provider specification as a Kino model. The specification is used without the SDK's own
 * loop: Kino decides what is retried, what is recorded and which tool calls run.
 */
export function sdkModel(name: string, model: LanguageModelV4): Model {
  return { name, stream: (request, signal) => stream(model, request, signal) };
}

async function* stream(
  model: LanguageModelV4,
  request: ModelRequest,
  signal?: AbortSignal,
): AsyncGenerator<ModelDelta, ModelAnswer> {
  const idle = new AbortController();
  const watch = setTimeout(() => idle.abort(), IDLE_TIMEOUT_MS);
  const abortSignal = signal ? AbortSignal.any([signal, idle.signal]) : idle.signal;
  const answer = new AnswerBuilder();
  try {
    const result = await model.doStream({
      prompt: toPrompt(request),
      tools: request.tools.map((tool) => ({ type: 'function', ...tool })),
      ...(request.tools.length > 0 && { toolChoice: { type: 'auto' } }),
      abortSignal,
    });
    for await (const part of result.stream) {
      watch.refresh();
      const delta = answer.add(part);
      if (delta) yield delta;
    }
    return answer.finish();
  } catch (error) {
    if (signal?.aborted)
      throw new ModelCallError('The call was stopped.', { retryable: false, cause: error });
    if (idle.signal.aborted) {
      throw new ModelCallError(`The model was silent for ${IDLE_TIMEOUT_MS / 1000} s.`, { retryable: true });
    }
    throw explainFailure(error);
  } finally {
    clearTimeout(watch);
  }
}

/** Puts an answer together from the parts of a stream. */
class AnswerBuilder {
  readonly #parts: StatePart[] = [];
  readonly #open = new Map<string, StatePart & { text: string }>();
  readonly #toolCalls: ToolCall[] = [];
  #ended: { reason: LanguageModelV4FinishReason; usage: LanguageModelV4Usage } | undefined;

  add(part: LanguageModelV4StreamPart): ModelDelta | undefined {
    switch (part.type) {
      case 'text-start':
      case 'reasoning-start': {
        const piece = {
          type: part.type === 'text-start' ? ('text' as const) : ('reasoning' as const),
          text: '',
        };
        this.#parts.push(piece);
        this.#open.set(`${piece.type} ${part.id}`, piece);
        attach(piece, part.providerMetadata);
        return undefined;
      }
      case 'text-delta':
      case 'reasoning-delta': {
        const channel = part.type === 'text-delta' ? 'text' : 'reasoning';
        const piece = this.#open.get(`${channel} ${part.id}`);
        if (piece) {
          piece.text += part.delta;
          attach(piece, part.providerMetadata);
        }
        return part.delta === '' ? undefined : { channel, text: part.delta };
      }
      case 'text-end':
      case 'reasoning-end': {
        const piece = this.#open.get(`${part.type === 'text-end' ? 'text' : 'reasoning'} ${part.id}`);
        if (piece) attach(piece, part.providerMetadata);
        return undefined;
      }
      case 'tool-call': {
        const piece: StatePart = { type: 'tool-call', callId: part.toolCallId };
        attach(piece, part.providerMetadata);
        this.#parts.push(piece);
        this.#toolCalls.push(toToolCall(part.toolCallId, part.toolName, part.input));
        return undefined;
      }
      case 'finish':
        this.#ended = { reason: part.finishReason, usage: part.usage };
        return undefined;
      case 'error':
        throw explainFailure(part.error);
      default:
        return undefined;
    }
  }

  /** @throws ModelCallError when the stream ended without the provider's word that it is complete */
  finish(): ModelAnswer {
    const finish = this.#ended && toFinish(this.#ended.reason);
    if (!this.#ended || !finish) {
      throw new ModelCallError('The stream ended before the answer was complete.', { retryable: true });
    }
    const text = (type: 'text' | 'reasoning') =>
      this.#parts.map((part) => (part.type === type && 'text' in part ? part.text : '')).join('');
    return {
      text: text('text'),
      reasoning: text('reasoning'),
      toolCalls: this.#toolCalls,
      finish,
      usage: toUsage(this.#ended.usage),
      ...(this.#parts.some((part) => part.meta) && { providerState: this.#parts }),
    };
  }
}

function attach(piece: StatePart, meta: SharedV4ProviderMetadata | undefined): void {
  if (meta && Object.values(meta).some((values) => Object.keys(values).length > 0)) {
    piece.meta = { ...piece.meta, ...meta };
  }
}

/** Strictly: one JSON object and nothing else. Models leave out the braces of a call without arguments. */
function toToolCall(callId: string, tool: string, text: string): ToolCall {
  try {
    const input: unknown = JSON.parse(text.trim() === '' ? '{}' : text);
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) {
      return { callId, tool, input: input as Record<string, unknown> };
    }
  } catch {
    // Kept as it came, for the model and the reader to see.
  }
  return { callId, tool, malformed: text };
}

/** Undefined when the provider did not say how the answer ended. */
function toFinish(reason: LanguageModelV4FinishReason): FinishReason | undefined {
  switch (reason.unified) {
    case 'stop':
    case 'tool-calls':
    case 'length':
    case 'content-filter':
      return reason.unified;
    case 'other':
      return reason.raw === undefined ? undefined : 'other';
    default:
      return undefined;
  }
}

function toUsage({ inputTokens, outputTokens }: LanguageModelV4Usage): ModelUsage {
  return {
    ...(inputTokens.total !== undefined && { inputTokens: inputTokens.total }),
    ...(inputTokens.cacheRead !== undefined && { cachedTokens: inputTokens.cacheRead }),
    ...(outputTokens.total !== undefined && { outputTokens: outputTokens.total }),
    ...(outputTokens.reasoning !== undefined && { reasoningTokens: outputTokens.reasoning }),
  };
}

/** Anthropic caches the prefix up to a marked message; the others find prefixes by themselves. */
const CACHE_MARK = { anthropic: { cacheControl: { type: 'ephemeral' } } };

function toPrompt(request: ModelRequest): LanguageModelV4Message[] {
  const prompt: LanguageModelV4Message[] = [];
  if (request.system !== '') {
    prompt.push({ role: 'system', content: request.system, providerOptions: CACHE_MARK });
  }
  for (const message of request.messages) prompt.push(toSdkMessage(message), ...imagesOfResults(message));
  const last = prompt.at(-1);
  if (last && last.role !== 'system') last.providerOptions = CACHE_MARK;
  return prompt;
}

/** Not every wire format has a place for images in a tool's result; all have one in what the user says next. */
function imagesOfResults(message: ModelMessage): LanguageModelV4Message[] {
  if (message.role !== 'tool') return [];
  const content = message.results.flatMap(({ tool, images = [] }) =>
    images.length === 0
      ? []
      : [{ type: 'text' as const, text: `Images of the result of ${tool}:` }, ...images.map(toSdkImage)],
  );
  return content.length === 0 ? [] : [{ role: 'user', content }];
}

function toSdkImage({ mediaType, data }: ModelImage) {
  return { type: 'file' as const, mediaType, data: { type: 'data' as const, data } };
}

function toSdkMessage(message: ModelMessage): LanguageModelV4Message {
  switch (message.role) {
    case 'user':
      return {
        role: 'user',
        content: [{ type: 'text', text: message.text }, ...(message.images ?? []).map(toSdkImage)],
      };
    case 'tool':
      return {
        role: 'tool',
        content: message.results.map(({ callId, tool, output, ok }) => ({
          type: 'tool-result',
          toolCallId: callId,
          toolName: tool,
          output: { type: ok ? 'text' : 'error-text', value: output },
        })),
      };
    case 'assistant': {
      const calls = new Map(message.toolCalls.map((call) => [call.callId, call]));
      const parts: StatePart[] = (message.providerState as StatePart[] | undefined) ?? [
        ...(message.text === '' ? [] : [{ type: 'text' as const, text: message.text }]),
        ...message.toolCalls.map(({ callId }) => ({ type: 'tool-call' as const, callId })),
      ];
      return { role: 'assistant', content: parts.flatMap((part) => toSdkPart(part, calls) ?? []) };
    }
  }
}

type AssistantContent = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'][number];

function toSdkPart(part: StatePart, calls: ReadonlyMap<string, ToolCall>): AssistantContent | undefined {
  const options = part.meta && { providerOptions: part.meta };
  if (part.type !== 'tool-call') return { type: part.type, text: part.text, ...options };
  const call = calls.get(part.callId);
  if (!call) return undefined;
  // A call whose input was unusable goes back as an empty one, and its result says what was wrong.
  return {
    type: 'tool-call',
    toolCallId: call.callId,
    toolName: call.tool,
    input: call.input ?? {},
    ...options,
  };
}
