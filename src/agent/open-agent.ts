import { resolve as resolvePath } from 'node:path';
import type { Config } from '../config/index.ts';
import {
  loadRecording,
  type Model,
  type ResolveOptions,
  resolveImageModel,
  resolveModel,
} from '../model/index.ts';
import { CORE_TOOLS, findChromium, type Tool } from '../tool/index.ts';
import { ACP_PRESETS, type AcpCommand } from './acp/presets.ts';
import type { Agent } from './agent.ts';
import { DEFAULT_CONTEXT } from './context/window.ts';
import type { OpenSession } from './open-session.ts';
import { profileFrom } from './profile.ts';
import { createAgent } from './registry.ts';
import { BROWSER_AGENT } from './subagents/definition.ts';
import { loadAgents } from './subagents/load.ts';
import { makeImageTool } from './tools/make-image.ts';

/** Who is to work, and what it thinks with. What is absent comes from the configuration. */
export interface AgentChoice {
  /** `kino`, or `acp:` and a name or a command. */
  agent?: string;
  /** `provider/model`. */
  model?: string;
  profile?: string;
  baseUrl?: string;
  /** A file that the exchanges with the model are kept in. */
  record?: string;
  /** A file that they come from. */
  replay?: string;
}

/** Nobody has said what to think with. */
export class NoModelError extends Error {
  override name = 'NoModelError';
  constructor() {
    super('No model is named: say --model provider/model, or set "model" in the configuration.');
  }
}

/** An agent that does tasks and cannot be talked to. */
export class NotPromptableError extends Error {
  override name = 'NotPromptableError';
  constructor(agent: string) {
    super(`${agent} cannot be given a prompt: say kino, or acp:<name or command>.`);
  }
}

/**
 * An agent as it was chosen and the configuration wants it: its model, tools, helpers and context window.
 *
 * @throws NoModelError @throws NotPromptableError @throws UnknownProfileError @throws UnknownModelError @throws MissingKeyError @throws RecordingError
 */
export async function openAgent(
  choice: AgentChoice,
  { config, root, trust }: Pick<OpenSession, 'config' | 'root' | 'trust'>,
): Promise<{ agent: Agent; model?: Model; window: number; problems: string[] }> {
  if (choice.agent !== undefined && choice.agent !== 'kino') {
    if (!choice.agent.startsWith('acp:')) throw new NotPromptableError(choice.agent);
    const agent = await createAgent(choice.agent, undefined, {}, externalAgents(config));
    return { agent, window: DEFAULT_CONTEXT.window, problems: [] };
  }
  const { agents, problems } = await loadAgents(root, { trusted: trust === 'trusted' });
  const browser = findChromium() === undefined ? [] : [BROWSER_AGENT];
  const profile = profileFrom(config, choice.profile, [...browser, ...agents]);
  const name = choice.model ?? profile.model;
  if (name === undefined) throw new NoModelError();
  const resolve = await modelsFrom(choice, config, root);
  const model = await resolve(name, choice.baseUrl);
  const { windows = {}, window, smartZone, compactAt } = config.context ?? {};
  const tokens = windows[name] ?? window;
  const { tools } = profile;
  const all = [...CORE_TOOLS, ...(await imageTools(choice, config, root))];
  const agent = await createAgent('kino', model, {
    context: {
      ...(tokens !== undefined && { window: tokens }),
      ...(smartZone !== undefined && { smartZone }),
      ...(compactAt !== undefined && { compactAt }),
    },
    tools: all.filter((tool) => tools === undefined || tools.includes(tool.name)),
    helpers: {
      agents: profile.agents,
      modelFor: (wanted) =>
        resolve(wanted, providerOf(wanted) === providerOf(name) ? choice.baseUrl : undefined),
    },
  });
  return { agent, model, window: tokens ?? DEFAULT_CONTEXT.window, problems };
}

/** The one model that the choice or the configuration name. @throws as `openAgent` */
export async function openModel(choice: AgentChoice, config: Config, root: string): Promise<Model> {
  const { model: name } = profileFrom(config, choice.profile, []);
  const wanted = choice.model ?? name;
  if (wanted === undefined) throw new NoModelError();
  return (await modelsFrom(choice, config, root))(wanted, choice.baseUrl);
}

async function modelsFrom(choice: AgentChoice, config: Config, root: string) {
  const settings = await settingsFrom(choice, config, root);
  return (wanted: string, baseUrl?: string): Promise<Model> =>
    resolveModel(wanted, { ...settings, ...(baseUrl !== undefined && { baseUrl }) });
}

async function settingsFrom(choice: AgentChoice, config: Config, root: string): Promise<ResolveOptions> {
  return {
    ...(config.providers && { providers: config.providers }),
    ...(config.prices && { prices: config.prices }),
    ...(await recordedFetch(choice, root)),
  };
}

/** The tool that makes images, where the person has named a model for it. */
async function imageTools(choice: AgentChoice, config: Config, root: string): Promise<Tool[]> {
  if (config.imageModel === undefined) return [];
  const maker = await resolveImageModel(config.imageModel, await settingsFrom(choice, config, root));
  return [makeImageTool(maker) as Tool];
}

/** The agents of the configuration as they are started. */
export function externalAgents({ agents = {} }: Pick<Config, 'agents'>): Record<string, AcpCommand> {
  return Object.fromEntries(
    Object.entries(agents).map(([name, { command, env }]) => [name, { command, ...(env && { env }) }]),
  );
}

/** What agents go by: Kino's own, those of the configuration, and those that are well known. */
export function agentNames({ agents = {} }: Pick<Config, 'agents'>): string[] {
  const others = new Set([...Object.keys(agents), ...Object.keys(ACP_PRESETS)]);
  return ['kino', ...[...others].map((name) => `acp:${name}`)];
}

const providerOf = (name: string) => name.split('/', 1)[0];

/** Where the exchanges with the model are kept or come from, if not from the network alone. */
async function recordedFetch({ record, replay }: AgentChoice, root: string) {
  if (record === undefined && replay === undefined) return {};
  const { recordingFetch, replayingFetch } = await loadRecording();
  return record === undefined
    ? { fetch: replayingFetch(resolvePath(replay!), root), keyless: true }
    : { fetch: recordingFetch(resolvePath(record), root) };
}
