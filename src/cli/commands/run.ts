import type { Command } from 'commander';
import { titleFrom } from '../../agent/index.ts';
import { newId } from '../../thread/index.ts';
import { addHeadlessFlags, type HeadlessFlags, promptFrom, runHeadless } from '../headless.ts';
import { untilInterrupted } from '../interrupt.ts';
import { openStore } from '../store.ts';

export function define(command: Command): void {
  addHeadlessFlags(command.argument('<prompt>', 'what to do; - reads it from standard input'))
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 the work failed or ran out of budget, 2 bad input, 130 interrupted.\nExample: kino run "explain this repository" --model ollama/qwen3',
    )
    .action(run);
}

async function run(argument: string, flags: HeadlessFlags): Promise<void> {
  const signal = untilInterrupted();
  const prompt = await promptFrom(argument);
  const store = openStore();
  try {
    await runHeadless({ store, thread: newId(), prompt, title: titleFrom(prompt), signal }, flags);
  } finally {
    store.close();
  }
}
