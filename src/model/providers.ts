/** The wire formats that Kino speaks. */
export type Api = 'anthropic' | 'openai-responses' | 'openai-chat' | 'google' | 'openai-compatible';

export interface Provider {
  api: Api;
  baseUrl?: string;
  /** Environment variables that may hold the key; the first that is set is taken. */
  apiKeyEnv: readonly string[];
  /** A local endpoint needs no key. */
  keyNeeded: boolean;
  headers?: Record<string, string>;
}

const local = (baseUrl: string, apiKeyEnv: string): Provider => ({
  api: 'openai-compatible',
  baseUrl,
  apiKeyEnv: [apiKeyEnv],
  keyNeeded: false,
});

/** Providers that need no configuration. */
export const PROVIDERS: Readonly<Record<string, Provider>> = {
  anthropic: { api: 'anthropic', apiKeyEnv: ['ANTHROPIC_API_KEY'], keyNeeded: true },
  openai: { api: 'openai-responses', apiKeyEnv: ['OPENAI_API_KEY'], keyNeeded: true },
  'openai-chat': { api: 'openai-chat', apiKeyEnv: ['OPENAI_API_KEY'], keyNeeded: true },
  google: { api: 'google', apiKeyEnv: ['GOOGLE_GENERATIVE_AI_API_KEY', 'GEMINI_API_KEY'], keyNeeded: true },
  'openai-compatible': {
    api: 'openai-compatible',
    apiKeyEnv: ['OPENAI_COMPATIBLE_API_KEY'],
    keyNeeded: false,
  },
  ollama: local('http://127.0.0.1:11434/v1', 'OLLAMA_API_KEY'),
  vllm: local('http://127.0.0.1:8000/v1', 'VLLM_API_KEY'),
  'llama.cpp': local('http://127.0.0.1:8080/v1', 'LLAMA_API_KEY'),
};
