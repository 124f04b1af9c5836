import { type Command, Option } from 'commander';
import { MODES } from '../../agent/index.ts';
import { SANDBOXES } from '../../sandbox/index.ts';
import type { ChatFlags } from '../chat/chat.ts';
import { addModelFlags } from '../model-flags.ts';
import { openStore } from '../store.ts';

export function define(command: Command): void {
  addModelFlags(command)
    .argument('[prompt]', 'what to begin with')
    .addOption(
      new Option('--sandbox <name>', 'what commands may do (default: workspace-write)').choices(SANDBOXES),
    )
    .addOption(new Option('--mode <mode>', 'what runs without asking').choices(MODES))
    .option('-C, --cwd <folder>', 'the workspace', '.')
    .option('--worktree [name]', 'work in a worktree of its own, on a branch of its own')
    .addHelpText('after', '\n`kino` alone is the same. In it, /help says what can be said.')
    .action((prompt: string | undefined, flags: ChatFlags) =>
      openChat(flags, { ...(prompt !== undefined && { prompt }) }),
    );
}

/** Opens the interactive session: on a whole terminal, or line by line where there is less. */
export async function openChat(flags: ChatFlags, about: { thread?: string; prompt?: string }): Promise<void> {
  const store = openStore();
  try {
    const isTerminal = process.stdin.isTTY && process.stdout.isTTY && process.env.TERM !== 'dumb';
    if (isTerminal) {
      const [{ App }, { ProcessTerminal }] = await Promise.all([
        import('../tui/app.ts'),
        import('@earendil-works/pi-tui'),
      ]);
      await new App({ flags, store, terminal: new ProcessTerminal(), ...about }).run();
    } else {
      const { runPlainChat } = await import('../chat/plain.ts');
      await runPlainChat({ flags, store, ...about });
    }
  } finally {
    store.close();
  }
}
