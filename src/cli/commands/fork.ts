import type { Command } from 'commander';
import { forkThread } from '../../agent/index.ts';
import { UsageError } from '../exit.ts';
import { addHeadlessFlags, type HeadlessFlags, promptFrom, runHeadless } from '../headless.ts';
import { untilInterrupted } from '../interrupt.ts';
import { positiveInteger } from '../options.ts';
import { plain, print, printJson } from '../output.ts';
import { openStore } from '../store.ts';
import { latestThreadIn } from '../thread-here.ts';

export function define(command: Command): void {
  addHeadlessFlags(
    command
      .argument('[thread]', 'the id, its beginning or end (default: the newest of this folder)')
      .argument('[prompt]', 'what to do differently; without it the fork waits for `kino resume`'),
  )
    .option(
      '--at <event>',
      'the number of the last event that it shares, as `kino threads show --json` numbers them',
      positiveInteger,
    )
    .addHelpText(
      'after',
      '\nThe fork has a worktree of its own, with the files as they were; the session it came from stays as it is.\nExample: kino fork 4f2a "now without the new dependency"',
    )
    .action(fork);
}

async function fork(
  given: string | undefined,
  text: string | undefined,
  flags: HeadlessFlags & { at?: number },
): Promise<void> {
  const signal = untilInterrupted();
  // No id has a blank in it: what has is what to do.
  const isPrompt = text === undefined && given !== undefined && /\s/.test(given);
  const [part, argument] = isPrompt ? [undefined, given] : [given, text];
  const prompt = argument === undefined ? undefined : await promptFrom(argument);
  const store = openStore();
  try {
    const { id, lastSeq, title, model } =
      part === undefined
        ? await latestThreadIn(store, flags.cwd)
        : await store.get(await store.resolve(part));
    if (flags.at !== undefined && flags.at > lastSeq)
      throw new UsageError(`${id} has ${lastSeq} events; there is no event ${flags.at}.`);
    const { thread, workspace } = await forkThread(store, id, flags.at);
    if (prompt === undefined) {
      if (flags.output === 'json') printJson({ thread, workspace });
      else print(`${thread} in ${plain(workspace)}\nThen: kino resume ${thread.slice(-6)} "…"`);
      return;
    }
    const settings = {
      ...flags,
      cwd: workspace,
      ...(model !== undefined && { model: flags.model ?? model }),
    };
    await runHeadless({ store, thread, prompt, title, signal }, settings);
  } finally {
    store.close();
  }
}
