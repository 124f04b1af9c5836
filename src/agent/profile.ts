import type { Config } from '../config/index.ts';
import { type AgentDefinition, BUILT_IN_AGENTS } from './subagents/definition.ts';

/** A named bundle of model, tools and sub-agents. */
export interface Profile {
  name: string;
  model?: string;
  /** The names of its tools; absent for all. */
  tools?: readonly string[];
  agents: readonly AgentDefinition[];
}

type ProfileConfig = NonNullable<Config['profiles']>[string];

/** What is there without any configuration: careful work with all helpers, and quick work with the keyless one. */
const DEFAULTS: Record<string, ProfileConfig> = {
  smart: {},
  rush: { agents: { finder: { model: 'index' } } },
};

/** A profile that nobody has defined. */
export class UnknownProfileError extends Error {
  override name = 'UnknownProfileError';
  constructor(name: string, known: readonly string[]) {
    super(`No profile is called ${name}. Profiles: ${known.join(', ')}.`);
  }
}

/**
 * The profile of a name, as the person has configured it.
 *
 * @param defined agents of the person and the repository; they win over those of Kino's own of the same name
 * @throws UnknownProfileError
 */
export function profileFrom(
  config: Pick<Config, 'profile' | 'profiles' | 'model'>,
  name: string | undefined,
  defined: readonly AgentDefinition[],
): Profile {
  const profiles = { ...DEFAULTS, ...config.profiles };
  const wanted = name ?? config.profile ?? 'smart';
  if (!Object.hasOwn(profiles, wanted)) throw new UnknownProfileError(wanted, Object.keys(profiles));
  const { model = config.model, tools, agents: chosen } = profiles[wanted]!;
  const all = new Map([...BUILT_IN_AGENTS, ...defined].map((agent) => [agent.name, agent]));
  const agents = [...all.values()].flatMap((agent) => {
    if (!chosen) return [agent];
    const own = Object.hasOwn(chosen, agent.name) ? chosen[agent.name] : undefined;
    return own ? [{ ...agent, ...(own.model !== undefined && { model: own.model }) }] : [];
  });
  return { name: wanted, agents, ...(model !== undefined && { model }), ...(tools && { tools }) };
}
