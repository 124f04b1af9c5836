import { closest, distance } from 'fastest-levenshtein';
import { costOf, type ModelPrice } from './cost.ts';
import { MissingKeyError, UnknownModelError } from './errors.ts';
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
  const language = await load(provider, modelId, {
    name: providerName,
    baseUrl,
    apiKey: findKey(providerName, provider, options),
    fetch: options.fetch,
  });
  return withCost(sdkModel(name, language), options.prices?.[name]);
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

/** Loads only the code of the provider that is needed. */
async function load(provider: Provider, modelId: string, connection: Connection) {
  const settings = {
    ...(connection.baseUrl !== undefined && { baseURL: connection.baseUrl }),
    ...(connection.fetch && { fetch: connection.fetch }),
    ...(provider.headers && { headers: provider.headers }),
  };
  // A key that is not needed (a recording) must still be there for the SDK to be content.
  const apiKey = connection.apiKey ?? 'none';
  switch (provider.api) {
    case 'anthropic':
      return (await import('@ai-sdk/anthropic'))
        .createAnthropic({ ...settings, apiKey })
        .languageModel(modelId);
    case 'openai-responses':
      return (await import('@ai-sdk/openai')).createOpenAI({ ...settings, apiKey }).responses(modelId);
    case 'openai-chat':
      return (await import('@ai-sdk/openai')).createOpenAI({ ...settings, apiKey }).chat(modelId);
    case 'google':
      return (await import('@ai-sdk/google'))
        .createGoogleGenerativeAI({ ...settings, apiKey })
        .languageModel(modelId);
    case 'openai-compatible': {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
      return createOpenAICompatible({
        ...settings,
        baseURL: connection.baseUrl!,
        name: connection.name,
        includeUsage: true,
        ...(connection.apiKey !== undefined && { apiKey: connection.apiKey }),
      }).chatModel(modelId);
    }
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
