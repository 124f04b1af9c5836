import type { Command } from 'commander';
import type { ServeFlags } from '../acp/editor-sessions.ts';
import { serveAcp } from '../acp/serve.ts';
import { UsageError } from '../exit.ts';
import { addModelFlags } from '../model-flags.ts';

export function define(command: Command): void {
  addModelFlags(command)
    .option('--mode <mode>', 'what runs without asking, as for kino run')
    .addHelpText(
      'after',
      '\nSpeaks ACP on standard input and output. In an editor name the command `kino acp`; each session is a thread.',
    )
    .action(serve);
}

async function serve(flags: ServeFlags): Promise<void> {
  if (flags.mode !== undefined) {
    const { MODES } = await import('../../agent/index.ts');
    if (!MODES.includes(flags.mode))
      throw new UsageError(`There is no mode ${flags.mode}. Modes: ${MODES.join(', ')}.`);
  }
  await serveAcp(flags, { input: process.stdin, output: process.stdout });
}
