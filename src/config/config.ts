import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { kinoHome } from './home.ts';

const provider = z.strictObject({
  api: z
    .enum(['anthropic', 'openai-responses', 'openai-chat', 'google', 'openai-compatible'])
    .describe('The wire format that the endpoint speaks'),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('The address of the API, up to and with its version'),
  apiKeyEnv: z.string().optional().describe('The environment variable that holds the key'),
  headers: z.record(z.string(), z.string()).optional().describe('Further headers of each request'),
});

const price = z.strictObject({
  input: z.number().nonnegative().describe('US dollars for a million input tokens'),
  output: z.number().nonnegative().describe('US dollars for a million output tokens'),
  cachedInput: z.number().nonnegative().optional().describe('US dollars for a million cached input tokens'),
});

const budget = z.strictObject({
  steps: z.int().positive().optional().describe('Answers of the model'),
  seconds: z.number().positive().optional().describe('Wall time'),
  tokens: z.int().positive().optional().describe('Input and output tokens over all steps'),
  usd: z.number().positive().optional().describe('Cost; needs the price of the model'),
});

/** Everything that can be configured. The reference page is made from this. */
export const configSchema = z.strictObject({
  $schema: z.string().optional(),
  model: z.string().optional().describe('The model that is used where none is named, as provider/model'),
  sandbox: z.enum(['bubblewrap', 'host']).optional().describe('Where commands run; default bubblewrap'),
  passEnv: z.array(z.string()).optional().describe('Environment variables that commands may see'),
  budget: budget.optional().describe('The bounds of one run'),
  providers: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9._-]*$/i), provider)
    .optional()
    .describe('Endpoints by name'),
  prices: z.record(z.string(), price).optional().describe('Prices by provider/model'),
});

export type Config = z.infer<typeof configSchema>;
export type ProviderConfig = z.infer<typeof provider>;
export type Price = z.infer<typeof price>;
export type Budget = z.infer<typeof budget>;

/** A configuration file that cannot be read as one. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly path: string;
  constructor(path: string, reason: string) {
    super(`${path}: ${reason}.`);
    this.path = path;
  }
}

/**
 * The person's configuration: `config.json` in Kino's home folder; empty where there is none.
 * A repository's own configuration is not read: it could send keys to an address of its choice.
 *
 * @throws ConfigError
 */
export async function loadConfig(home: string = kinoHome()): Promise<Config> {
  const path = join(home, 'config.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return {};
    throw new ConfigError(path, message);
  }
  let value: unknown;
  try {
    // Editors on Windows put a byte order mark first.
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    // The message quotes the text, which may have line ends.
    throw new ConfigError(path, `is not JSON (${(error as Error).message.replace(/\s+/g, ' ')})`);
  }
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new ConfigError(path, `${issue.path.join('.') || 'the file'}: ${issue.message}`);
}
