import { closest, distance } from 'fastest-levenshtein';
import type { Model } from '../model/index.ts';
import type { AcpCommand } from './acp/presets.ts';
import type { Agent } from './agent.ts';
import { nopAgent } from './baselines/nop.ts';
import { oracleAgent } from './baselines/oracle.ts';
import type { LoopOptions } from './loop.ts';

/** What stands before the name or the command of an agent of others. */
const ACP = 'acp:';

/** Agents by name, and what each is. */
export const AGENTS: Readonly<Record<string, string>> = {
  nop: 'does nothing',
  oracle: 'gives the answer of the task',
  mutate: 'runs the tests and tries small changes until they pass; no model',
  finder: 'searches the index; no model',
  kino: "Kino's own loop; needs a model",
  'acp:<name or command>': 'an agent of others, by the Agent Client Protocol',
};

/** An agent name that stands for none. */
export class UnknownAgentError extends Error {
  override name = 'UnknownAgentError';
  constructor(name: string) {
    const names = Object.keys(AGENTS);
    const near = closest(name, names);
    const hint = distance(name, near) <= 2 ? ` Did you mean ${near}?` : '';
    super(`No agent is called ${name || '""'}.${hint} Agents: ${names.join(', ')}.`);
  }
}

export function isKnownAgent(name: string): boolean {
  return Object.hasOwn(AGENTS, name) || name.startsWith(ACP);
}

/**
 * The agent of a name. The code of the others is not loaded.
 *
 * @param model what `kino` thinks with
 * @param configured agents of others, by name
 * @throws UnknownAgentError @throws AcpCommandError
 */
export async function createAgent(
  name: string,
  model?: Model,
  options: Omit<LoopOptions, 'model'> = {},
  configured: Readonly<Record<string, AcpCommand>> = {},
): Promise<Agent> {
  switch (name) {
    case 'nop':
      return nopAgent;
    case 'oracle':
      return oracleAgent;
    case 'mutate':
      return (await import('./baselines/mutate.ts')).mutateAgent;
    case 'finder':
      return (await import('./baselines/finder.ts')).finderAgent();
    case 'kino':
      if (!model) throw new Error('the agent kino needs a model');
      return (await import('./loop.ts')).kinoAgent({ ...options, model });
    default: {
      if (!name.startsWith(ACP)) throw new UnknownAgentError(name);
      const { acpCommand } = await import('./acp/presets.ts');
      const { acpAgent } = await import('./acp/client-agent.ts');
      return acpAgent(name, acpCommand(name.slice(ACP.length), configured));
    }
  }
}
