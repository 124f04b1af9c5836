import type { Command } from 'commander';
import type { StoredEvent } from '../../thread/index.ts';
import { UsageError } from '../exit.ts';
import { addHeadlessFlags, type HeadlessFlags, promptFrom, runHeadless } from '../headless.ts';
import { untilInterrupted } from '../interrupt.ts';
import { openStore } from '../store.ts';
import { latestThreadIn } from '../thread-here.ts';
import { isWorkedOn } from '../thread-status.ts';

export function define(command: Command): void {
  addHeadlessFlags(
    command
      .argument('[thread]', 'the id, its beginning or end (default: the newest of this folder)')
      .argument('[prompt]', 'what to do next; without it, work that was cut off goes on'),
  )
    .option('--headless', 'work without a person, also on a terminal')
    .addHelpText(
      'after',
      '\nOn a terminal, without a prompt, the session is opened.\nExample: kino resume 4f2a "now add a test"',
    )
    .action(resume);
}

async function resume(
  part: string | undefined,
  argument: string | undefined,
  flags: HeadlessFlags & { headless?: boolean },
): Promise<void> {
  if (argument === undefined && !flags.headless && flags.output === 'text' && process.stdin.isTTY) {
    const thread = await findThread(part, flags.cwd);
    const { openChat } = await import('./chat.ts');
    return openChat(flags, { thread });
  }
  const signal = untilInterrupted();
  const prompt = argument === undefined ? undefined : await promptFrom(argument);
  const store = openStore();
  try {
    const summary =
      part === undefined
        ? await latestThreadIn(store, flags.cwd)
        : await store.get(await store.resolve(part));
    const { id, kind, agent, title } = summary;
    if (kind !== 'session')
      throw new UsageError(`${id} is no session; \`kino eval --resume\` goes on with an experiment.`);
    if (agent !== 'kino')
      throw new UsageError(`${id} is the work of ${agent}; only Kino's own agent can go on.`);
    if (isWorkedOn(summary)) throw new UsageError(`${id} is being worked on (process ${summary.pid}).`);
    const events = await store.read(id);
    const started = events.find((event) => event.type === 'thread.started');
    if (prompt === undefined && isWhole(events))
      throw new UsageError(
        `${id} is at its end: say what to do next, as in kino resume ${id.slice(-6)} "…".`,
      );
    const folder = flags.cwd === '.' ? (started?.workspace ?? '.') : flags.cwd;
    const settings = {
      ...flags,
      cwd: folder,
      ...(flags.model === undefined && started?.model !== undefined && { model: started.model }),
    };
    await runHeadless(
      { store, thread: id, ...(prompt !== undefined && { prompt }), title, signal },
      settings,
    );
  } finally {
    store.close();
  }
}

async function findThread(part: string | undefined, folder: string): Promise<string> {
  const store = openStore();
  try {
    return part === undefined ? (await latestThreadIn(store, folder)).id : await store.resolve(part);
  } finally {
    store.close();
  }
}

/** Whether the agent has answered, so that there is nothing to go on with. */
function isWhole(events: readonly StoredEvent[]): boolean {
  const last = events.findLast(
    ({ type }) => type === 'thread.ended' || type === 'user.message' || type === 'thread.resumed',
  );
  return last?.type === 'thread.ended' && last.status === 'done';
}
