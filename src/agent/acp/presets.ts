import { parse } from 'unbash';

/** How to start an agent that speaks the Agent Client Protocol. */
export interface AcpCommand {
  command: readonly string[];
  env?: Readonly<Record<string, string>>;
}

/** Well-known agents, as their makers say to start them. What is started by npx must be installed once. */
export const ACP_PRESETS: Readonly<Record<string, AcpCommand>> = {
  auggie: { command: ['auggie', '--acp'] },
  claude: { command: ['npx', '--yes', '@agentclientprotocol/claude-agent-acp'] },
  cline: { command: ['cline', '--acp'] },
  codex: { command: ['npx', '--yes', '@zed-industries/codex-acp'] },
  copilot: { command: ['copilot', '--acp'] },
  cursor: { command: ['cursor-agent', 'acp'] },
  gemini: { command: ['gemini', '--acp'] },
  goose: { command: ['goose', 'acp'] },
  kimi: { command: ['kimi', 'acp'] },
  opencode: { command: ['opencode', 'acp'] },
  openhands: { command: ['openhands', 'acp'] },
  pi: { command: ['npx', '--yes', 'pi-acp'] },
  qwen: { command: ['qwen', '--acp'] },
  vibe: { command: ['vibe-acp'] },
};

/** What stands behind `acp:` and is no agent. */
export class AcpCommandError extends Error {
  override name = 'AcpCommandError';
}

/**
 * What `acp:<name>` or `acp:<command line>` starts: an agent of the configuration, a preset, or a program with its
 * arguments, quoted as for a shell. No shell runs it.
 *
 * @param configured agents of the configuration, by name
 * @throws AcpCommandError
 */
export function acpCommand(text: string, configured: Readonly<Record<string, AcpCommand>> = {}): AcpCommand {
  const name = text.trim();
  if (Object.hasOwn(configured, name)) return configured[name]!;
  if (Object.hasOwn(ACP_PRESETS, name)) return ACP_PRESETS[name]!;
  const [statement, ...others] = parse(name).commands;
  const command = statement?.command;
  const isPlain =
    command?.type === 'Command' &&
    others.length === 0 &&
    !statement?.background &&
    command.prefix.length === 0 &&
    command.suffix.every((part) => part.type === 'Word');
  if (!isPlain || !command.name) {
    const known = [...Object.keys(configured), ...Object.keys(ACP_PRESETS)].join(', ');
    throw new AcpCommandError(
      `acp:${text} names no program. Say acp:<program with arguments>, or one of: ${known}.`,
    );
  }
  return {
    command: [
      command.name.value,
      ...command.args.map((arg) => ('value' in arg && typeof arg.value === 'string' ? arg.value : '')),
    ],
  };
}
