import { resolve as resolvePath } from 'node:path';
import {
  type AcpCommand,
  type Agent,
  createAgent,
  DEFAULT_CONTEXT,
  loadAgents,
  type OpenSession,
  profileFrom,
} from '../agent/index.ts';
import type { Config } from '../config/index.ts';
import { loadRecording, type Model, resolveModel } from '../model/index.ts';
import { CORE_TOOLS } from '../tool/index.ts';
import { UsageError } from './exit.ts';
import type { ModelFlags } from './model-flags.ts';

/**
 * Kino's own agent as the flags and the configuration want it: its model, tools, helpers and context window.
 *
 * @throws UsageError @throws UnknownProfileError @throws UnknownModelError @throws MissingKeyError @throws RecordingError
 */
export async function openAgent(
  flags: ModelFlags,
  { config, root, trust }: Pick<OpenSession, 'config' | 'root' | 'trust'>,
): Promise<{ agent: Agent; model?: Model; window: number; problems: string[] }> {
  if (flags.agent !== undefined && flags.agent !== 'kino') {
    if (!flags.agent.startsWith('acp:'))
      throw new UsageError(`${flags.agent} cannot be given a prompt: say kino, or acp:<name or command>.`);
    const agent = await createAgent(flags.agent, undefined, {}, externalAgents(config));
    return { agent, window: DEFAULT_CONTEXT.window, problems: [] };
  }
  const { agents, problems } = await loadAgents(root, { trusted: trust === 'trusted' });
  const profile = profileFrom(config, flags.profile, agents);
  const name = flags.model ?? profile.model;
  if (name === undefined) {
    throw new UsageError(NO_MODEL);
  }
  const resolve = await modelsFrom(flags, config, root);
  const model = await resolve(name, flags.baseUrl);
  const { windows = {}, window, smartZone, compactAt } = config.context ?? {};
  const tokens = windows[name] ?? window;
  const { tools } = profile;
  const agent = await createAgent('kino', model, {
    context: {
      ...(tokens !== undefined && { window: tokens }),
      ...(smartZone !== undefined && { smartZone }),
      ...(compactAt !== undefined && { compactAt }),
    },
    ...(tools && { tools: CORE_TOOLS.filter((tool) => tools.includes(tool.name)) }),
    helpers: {
      agents: profile.agents,
      modelFor: (wanted) =>
        resolve(wanted, providerOf(wanted) === providerOf(name) ? flags.baseUrl : undefined),
    },
  });
  return { agent, model, window: tokens ?? DEFAULT_CONTEXT.window, problems };
}

/** The one model that the flags or the configuration name. @throws as `openAgent` */
export async function openModel(flags: ModelFlags, config: Config, root: string): Promise<Model> {
  const { model: name } = profileFrom(config, flags.profile, []);
  const wanted = flags.model ?? name;
  if (wanted === undefined) throw new UsageError(NO_MODEL);
  return (await modelsFrom(flags, config, root))(wanted, flags.baseUrl);
}

const NO_MODEL = 'No model is named: say --model provider/model, or set "model" in the configuration.';

async function modelsFrom(flags: ModelFlags, config: Config, root: string) {
  const network = await recordedFetch(flags, root);
  return (wanted: string, baseUrl?: string): Promise<Model> =>
    resolveModel(wanted, {
      ...(config.providers && { providers: config.providers }),
      ...(config.prices && { prices: config.prices }),
      ...(baseUrl !== undefined && { baseUrl }),
      ...network,
    });
}

/** The agents of the configuration as they are started. */
export function externalAgents({ agents = {} }: Pick<Config, 'agents'>): Record<string, AcpCommand> {
  return Object.fromEntries(
    Object.entries(agents).map(([name, { command, env }]) => [name, { command, ...(env && { env }) }]),
  );
}

const providerOf = (name: string) => name.split('/', 1)[0];

/** Where the exchanges with the model are kept or come from, if not from the network alone. */
async function recordedFetch({ record, replay }: ModelFlags, root: string) {
  if (record === undefined && replay === undefined) return {};
  const { recordingFetch, replayingFetch } = await loadRecording();
  return record === undefined
    ? { fetch: replayingFetch(resolvePath(replay!), root), keyless: true }
    : { fetch: recordingFetch(resolvePath(record), root) };
}
