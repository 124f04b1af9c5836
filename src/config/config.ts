import { join } from 'node:path';
import { z } from 'zod';
import { kinoHome } from './home.ts';
import { readJson } from './json-file.ts';

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

const rules = z.array(z.string());

const permissions = z.strictObject({
  allow: rules.optional().describe('Calls that pass, for example `bash(npm test *)`'),
  ask: rules.optional().describe('Calls that are asked about, whatever the mode'),
  deny: rules.optional().describe('Calls that never run; deny wins over everything'),
});

const network = z.strictObject({
  allowedDomains: z
    .array(z.string())
    .optional()
    .describe('Hosts that commands and fetch may reach; `*.example.com` for those below'),
  deniedDomains: z.array(z.string()).optional().describe('Hosts that they never reach'),
});

const filesystem = z.strictObject({
  denyRead: z.array(z.string()).optional().describe('Files and folders that are hidden'),
  allowRead: z.array(z.string()).optional().describe('Folders outside the workspace that commands may read'),
  allowWrite: z
    .array(z.string())
    .optional()
    .describe('Folders outside the workspace that commands may change'),
  denyWrite: z.array(z.string()).optional().describe('Files and folders that stay as they are'),
});

const context = z.strictObject({
  window: z.int().min(4_000).optional().describe('Tokens that the model takes in all; default 128000'),
  windows: z.record(z.string(), z.int().min(4_000)).optional().describe('The same by provider/model'),
  smartZone: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe('The share beyond which old results are folded away; default 0.4'),
  compactAt: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe('The share at which the conversation starts anew from a handoff; default 0.8'),
});

const hook = z.strictObject({
  command: z.array(z.string()).min(1).describe('The program and its arguments; it gets the event as JSON'),
  tools: z.string().optional().describe('Only calls that this rule fits, for example `edit(src/**)`'),
  timeout: z.number().positive().optional().describe('Seconds; default 60'),
});

const hooks = z.strictObject({
  beforeTool: z
    .array(hook)
    .optional()
    .describe('Before a call; exit code 2 blocks it and tells the agent why'),
  afterTool: z.array(hook).optional().describe('After a call; exit code 2 tells the agent what was printed'),
  stop: z.array(hook).optional().describe('When the agent is done; exit code 2 sends it on'),
  compaction: z.array(hook).optional().describe('Before the conversation starts anew'),
});

const subagent = z.strictObject({
  model: z
    .string()
    .optional()
    .describe('What it thinks with, as provider/model; default that of the profile'),
});

const profile = z.strictObject({
  model: z.string().optional().describe('As provider/model'),
  tools: z.array(z.string()).optional().describe('Only these tools'),
  agents: z.record(z.string(), subagent).optional().describe('Only these sub-agents, each with its model'),
});

const externalAgent = z.strictObject({
  command: z
    .array(z.string())
    .min(1)
    .describe('The program that speaks the Agent Client Protocol, with its arguments'),
  env: z.record(z.string(), z.string()).optional().describe('Further environment variables'),
});

const worktree = z.strictObject({
  setup: z.array(z.string()).min(1).optional().describe('Program and arguments, run once in a new worktree'),
  run: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Program and arguments that `kino worktree run` starts'),
  archive: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Program and arguments, run before a worktree is removed'),
  include: z
    .array(z.string())
    .optional()
    .describe('Ignored files that are copied, as globs; default .env and .env.*'),
  ports: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe('Ports for each worktree, from KINO_PORT on; default 10'),
});

const validator = z.strictObject({
  name: z.string().min(1).optional().describe('What it is called; default its command'),
  command: z.array(z.string()).min(1).describe('Program and arguments, run at the top of the workspace'),
});

/** What a repository may say about itself; it holds once the person trusts the folder. */
export const projectConfigSchema = z.strictObject({
  $schema: z.string().optional(),
  mode: z
    .enum(['manual', 'accept-edits', 'plan', 'auto', 'dont-ask'])
    .optional()
    .describe('How much happens without asking; default auto'),
  permissions: permissions.optional().describe('Which calls pass'),
  network: network.optional().describe('Without it there is none'),
  filesystem: filesystem.optional().describe('Beyond the workspace'),
  hooks: hooks.optional().describe('Programs that run around the work of an agent'),
  worktree: worktree.optional().describe('What a worktree needs to be worked in'),
  validators: z
    .array(validator)
    .optional()
    .describe(
      'Commands that say whether a change is sound, each { name, command: [program, arguments …] }; default its type checkers and linters',
    ),
});

/** Everything that can be configured. The reference page is made from this. */
export const configSchema = projectConfigSchema.extend({
  model: z.string().optional().describe('The model that is used where none is named, as provider/model'),
  imageModel: z
    .string()
    .optional()
    .describe('The model that makes images, as provider/model; without it agents make none'),
  profile: z.string().optional().describe('The profile that is used where none is named; default smart'),
  profiles: z
    .record(z.string(), profile)
    .optional()
    .describe('Bundles of model, tools and sub-agents by name; smart and rush are there from the start'),
  sandbox: z
    .enum(['read-only', 'workspace-write', 'danger-full-access'])
    .optional()
    .describe('What commands may do; default workspace-write'),
  passEnv: z.array(z.string()).optional().describe('Environment variables that commands may see'),
  budget: budget.optional().describe('The bounds of one run'),
  context: context.optional().describe('How the context window is guarded'),
  agents: z
    .record(z.string(), externalAgent)
    .optional()
    .describe('Agents of others by name, for --agent acp:<name>'),
  providers: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9._-]*$/i), provider)
    .optional()
    .describe('Endpoints by name'),
  prices: z.record(z.string(), price).optional().describe('Prices by provider/model'),
});

export type Config = z.infer<typeof configSchema>;
export type ProjectConfig = z.infer<typeof projectConfigSchema>;
export type HookConfig = z.infer<typeof hook>;
export type WorktreeConfig = z.infer<typeof worktree>;
export type ProviderConfig = z.infer<typeof provider>;
export type Price = z.infer<typeof price>;
export type Budget = z.infer<typeof budget>;

/**
 * The person's configuration: `config.json` in Kino's home folder; empty where there is none.
 *
 * @throws ConfigError
 */
export async function loadConfig(home: string = kinoHome()): Promise<Config> {
  return (await readJson(join(home, 'config.json'), configSchema)) ?? {};
}

/**
 * A repository's own configuration: `.kino/config.json`. Read it only where the person trusts the folder. It cannot
 * name endpoints, keys or variables: it could send keys to an address of its choice.
 *
 * @throws ConfigError
 */
export async function loadProjectConfig(root: string): Promise<ProjectConfig> {
  return (await readJson(join(root, '.kino', 'config.json'), projectConfigSchema)) ?? {};
}
