import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import {
  type Agent,
  createAgent,
  loadAgents,
  type OpenSession,
  type Profile,
  profileFrom,
} from '../agent/index.ts';
import { loadRecording, type Model, resolveModel } from '../model/index.ts';
import { CORE_TOOLS } from '../tool/index.ts';
import { UsageError } from './exit.ts';
import { httpUrl } from './options.ts';

export interface ModelFlags {
  model?: string;
  profile?: string;
  baseUrl?: string;
  record?: string;
  replay?: string;
}

export function addModelFlags(command: Command): Command {
  return command
    .option('-m, --model <provider/model>', 'the model to think with')
    .option('-p, --profile <name>', 'a bundle of model, tools and sub-agents (default: smart)')
    .option('--base-url <url>', "replaces the provider's address", httpUrl)
    .addOption(new Option('--record <file>', 'keep the exchanges with the model').conflicts('replay'))
    .option('--replay <file>', 'answer from a recording; no network, no key');
}

/**
 * Kino's own agent as the flags and the configuration want it: its model, tools, helpers and context window.
 *
 * @throws UsageError @throws UnknownProfileError @throws UnknownModelError @throws MissingKeyError @throws RecordingError
 */
export async function openAgent(
  flags: ModelFlags,
  { config, root, trust }: Pick<OpenSession, 'config' | 'root' | 'trust'>,
): Promise<{ agent: Agent; model: Model; profile: Profile; problems: string[] }> {
  const { agents, problems } = await loadAgents(root, { trusted: trust === 'trusted' });
  const profile = profileFrom(config, flags.profile, agents);
  const name = flags.model ?? profile.model;
  if (name === undefined) {
    throw new UsageError(
      'No model is named: say --model provider/model, or set "model" in the configuration.',
    );
  }
  const network = await recordedFetch(flags, root);
  const resolve = (wanted: string, baseUrl?: string) =>
    resolveModel(wanted, {
      ...(config.providers && { providers: config.providers }),
      ...(config.prices && { prices: config.prices }),
      ...(baseUrl !== undefined && { baseUrl }),
      ...network,
    });
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
  return { agent, model, profile, problems };
}

const providerOf = (name: string) => name.split('/', 1)[0];

/** Where the exchanges with the model are kept or come from, if not from the network alone. */
async function recordedFetch({ record, replay }: ModelFlags, root: string) {
  if (record === undefined && replay === undefined) return {};
  const { recordingFetch, replayingFetch } = await loadRecording();
  return record === undefined
    ? { fetch: replayingFetch(resolve(replay!), root), keyless: true }
    : { fetch: recordingFetch(resolve(record), root) };
}
