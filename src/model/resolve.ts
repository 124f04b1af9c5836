import { closest, distance } from 'fastest-levenshtein';
import { costOf, type ModelPrice } from './cost.ts';
import { MissingKeyError, UnknownModelError } from './errors.ts';
import { type ImageMaker, sdkImageMaker } from './image-maker.ts';
import type { Model } from './model.ts';
import { PROVIDERS, type Provider } from './providers.ts';
import { sdkModel } from './sdk-model.ts';

export interface ResolveOptions {
  /** Endpoints that the person has configured, by name. */
  providers?: Record<
    string,
    { api: Provider['api']; baseUrl?: string; apiKeyEnv?: string; headers?: Record<string, string> }
  >;
  prices?: Record<string, ModelPrice>;
  /** Replaces the provider's address. */
  baseUrl?: string;
  /** Replaces the network: to record, or to replay. */
  fetch?: typeof globalThis.fetch;
  /** A recording needs no key. */
  keyless?: boolean;
  env?: NodeJS.ProcessEnv;
}

/**
 * The model that a name like `anthropic/claude-sonnet-4-5` or `ollama/qwen3` stands for.
 *
 * @throws UnknownModelError @throws MissingKeyError
 */
export async function resolveModel(name: string, options: ResolveOptions = {}): Promise<Model> {
  const { provider, modelId, connection } = connectionFor(name, options);
  return withCost(sdkModel(name, await load(provider, modelId, connection)), options.prices?.[name]);
}

/**
 * A model that makes images.
 *
 * @throws UnknownModelError @throws MissingKeyError
 */
export async function resolveImageModel(name: string, options: ResolveOptions = {}): Promise<ImageMaker> {
  const { provider, modelId, connection } = connectionFor(name, options);
  return sdkImageMaker(name, await loadImageModel(name, provider, modelId, connection));
}

/** What a name says of how its model is reached. @throws UnknownModelError @throws MissingKeyError */
function connectionFor(
  name: string,
  options: ResolveOptions,
): { provider: Provider; modelId: string; connection: Connection } {
  const slash = name.indexOf('/');
  const providerName = slash === -1 ? name : name.slice(0, slash);
  const modelId = slash === -1 ? '' : name.slice(slash + 1);
  const provider = findProvider(providerName, options);
  if (!provider || modelId === '') throw new UnknownModelError(explainUnknown(name, providerName, options));
  const baseUrl = options.baseUrl ?? provider.baseUrl;
  if (provider.api === 'openai-compatible' && baseUrl === undefined) {
    throw new UnknownModelError(
      `${providerName} needs an address: say --base-url, for example http://127.0.0.1:8000/v1.`,
    );
  }
  const apiKey = findKey(providerName, provider, options);
  return { provider, modelId, connection: { name: providerName, baseUrl, apiKey, fetch: options.fetch } };
}

function findProvider(name: string, options: ResolveOptions): Provider | undefined {
  const own =
    options.providers && Object.hasOwn(options.providers, name) ? options.providers[name] : undefined;
  if (!own) return Object.hasOwn(PROVIDERS, name) ? PROVIDERS[name] : undefined;
  return {
    api: own.api,
    ...(own.baseUrl !== undefined && { baseUrl: own.baseUrl }),
    apiKeyEnv: own.apiKeyEnv === undefined ? [] : [own.apiKeyEnv],
    keyNeeded: own.apiKeyEnv !== undefined,
    ...(own.headers && { headers: own.headers }),
  };
}

function findKey(name: string, provider: Provider, options: ResolveOptions): string | undefined {
  const env = options.env ?? process.env;
  for (const variable of provider.apiKeyEnv) if (env[variable]) return env[variable];
  if (provider.keyNeeded && !options.keyless)
    throw new MissingKeyError(name, provider.apiKeyEnv.join(' or '));
  return undefined;
}

function explainUnknown(name: string, provider: string, options: ResolveOptions): string {
  const known = [...Object.keys(PROVIDERS), ...Object.keys(options.providers ?? {})];
  if (known.includes(provider)) return `${name} names no model: write ${provider}/<model>.`;
  const near = closest(provider, known);
  const hint = distance(provider, near) <= 3 ? ` Did you mean ${near}/…?` : '';
  return `No provider is called ${provider || '""'}.${hint} Models are named provider/model; known providers: ${known.join(', ')}.`;
}

interface Connection {
  name: string;
  baseUrl: string | undefined;
  apiKey: string | undefined;
  fetch: typeof globalThis.fetch | undefined;
}

/** What every provider's SDK is told of a connection. */
function settingsOf(provider: Provider, { baseUrl, fetch, apiKey }: Connection) {
  return {
    ...(baseUrl !== undefined && { baseURL: baseUrl }),
    ...(fetch && { fetch }),
    ...(provider.headers && { headers: provider.headers }),
    // A key that is not needed (a recording) must still be there for the SDK to be content.
    apiKey: apiKey ?? 'none',
  };
}

async function openAiCompatible(provider: Provider, connection: Connection) {
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
  const { apiKey: _, ...settings } = settingsOf(provider, connection);
  return createOpenAICompatible({
    ...settings,
    baseURL: connection.baseUrl!,
    name: connection.name,
    includeUsage: true,
    ...(connection.apiKey !== undefined && { apiKey: connection.apiKey }),
  });
}

/** Loads only the code of the provider that is needed. */
async function load(provider: Provider, modelId: string, connection: Connection) {
  const settings = settingsOf(provider, connection);
  switch (provider.api) {
    case 'anthropic':
      return (await import('@ai-sdk/anthropic')).createAnthropic(settings).languageModel(modelId);
    case 'openai-responses':
      return (await import('@ai-sdk/openai')).createOpenAI(settings).responses(modelId);
    case 'openai-chat':
      return (await import('@ai-sdk/openai')).createOpenAI(settings).chat(modelId);
    case 'google':
      return (await import('@ai-sdk/google')).createGoogleGenerativeAI(settings).languageModel(modelId);
    case 'openai-compatible':
      return (await openAiCompatible(provider, connection)).chatModel(modelId);
  }
}

/** @throws UnknownModelError for a provider that makes no images */
async function loadImageModel(name: string, provider: Provider, modelId: string, connection: Connection) {
  const settings = settingsOf(provider, connection);
  switch (provider.api) {
    case 'openai-responses':
    case 'openai-chat':
      return (await import('@ai-sdk/openai')).createOpenAI(settings).image(modelId);
    case 'google':
      return (await import('@ai-sdk/google')).createGoogleGenerativeAI(settings).image(modelId);
    case 'openai-compatible':
      return (await openAiCompatible(provider, connection)).imageModel(modelId);
    case 'anthropic':
      throw new UnknownModelError(`${name}: ${connection.name} has no model that makes images.`);
  }
}

function withCost(model: Model, price: ModelPrice | undefined): Model {
  return {
    name: model.name,
    async *stream(request, signal) {
      const answer = yield* model.stream(request, signal);
      const costUsd = costOf(answer.usage, price);
      return costUsd === undefined ? answer : { ...answer, costUsd };
    },
  };
}
