import type { Mode } from '../../agent/index.ts';
import type { StoredEvent } from '../../thread/index.ts';
import { untilInterrupted } from '../interrupt.ts';
import { dollars, paint, plain, print, printJson, table } from '../output.ts';
import { readLine } from '../read-line.ts';
import { clientOf, greet, keepRemote, read, remoteIn, theRemote } from './client.ts';
import { threadOf } from './find.ts';
import { followThread } from './follow-thread.ts';

interface Json {
  json?: boolean;
}

export async function connect(address: string | undefined): Promise<void> {
  // What is an argument, everyone on this machine can read.
  const remote = remoteIn(address ?? (await readLine('The address that `kino serve` prints: ')));
  const threads = await greet(remote);
  await keepRemote(remote);
  print(`${remote.origin}, ${threads} threads`);
}

export async function board(flags: Json & { all?: boolean }): Promise<void> {
  const { threads } = await read(clientOf(await theRemote()).board.$get());
  const shown = threads
    .filter(({ kind, parent }) => (kind === 'session' || kind === 'flow') && parent === undefined)
    .sort((a, b) => b.updatedAt - a.updatedAt)
    .slice(0, flags.all ? undefined : 20);
  if (flags.json) return printJson(shown);
  const columns = [
    { title: 'thread' },
    { title: 'status' },
    { title: 'steps', align: 'right' },
    { title: 'cost', align: 'right' },
    { title: 'what' },
  ] as const;
  print(
    table(
      columns,
      shown.map(({ id, status, activity, title }) => [
        plain(id.slice(-6)),
        activity.waiting.length > 0 || activity.awaits ? paint('yellow', 'needs you') : plain(status),
        String(activity.steps),
        dollars(activity.costUsd),
        plain(activity.waiting[0]?.what ?? title).slice(0, 70),
      ]),
    ),
  );
}

export async function run(
  prompt: string,
  flags: Json & {
    folder: string;
    agent?: string;
    model?: string;
    mode?: Mode;
    worktree: boolean;
    follow: boolean;
  },
): Promise<void> {
  const remote = await theRemote();
  const { folder, agent, model, mode, worktree } = flags;
  const json = {
    ...{ folder, prompt, worktree },
    ...(agent !== undefined && { agent }),
    ...(model !== undefined && { model }),
    ...(mode !== undefined && { mode }),
  };
  const { thread } = await read(clientOf(remote).threads.$post({ json }));
  if (!flags.follow) {
    if (flags.json) printJson({ thread });
    else print(plain(thread));
    return;
  }
  await watch(thread, flags);
}

export async function watch(part: string, flags: Json): Promise<void> {
  const remote = await theRemote();
  const thread = await threadOf(remote, part);
  const signal = untilInterrupted();
  const events: StoredEvent[] = [];
  const status = flags.json
    ? await followThread(remote, thread, signal, (event) => void events.push(event))
    : await followThread(remote, thread, signal);
  if (flags.json) printJson({ thread, status, events });
  process.exitCode = status === 'done' ? 0 : status === 'interrupted' || signal.aborted ? 130 : 1;
}

export async function say(part: string, text: string, flags: { queue?: boolean }): Promise<void> {
  const remote = await theRemote();
  const client = clientOf(remote);
  const id = await threadOf(remote, part);
  const { threads } = await read(client.board.$get());
  const works = threads.find((thread) => thread.id === id)?.status === 'running';
  const delivery = works ? (flags.queue ? 'queue' : 'steer') : 'prompt';
  await read(client.threads[':id'].messages.$post({ param: { id }, json: { text, delivery } }));
  print(
    { steer: 'It hears it at its next step.', queue: 'It hears it when it is done.', prompt: 'It goes on.' }[
      delivery
    ],
  );
}

export async function stop(part: string): Promise<void> {
  const remote = await theRemote();
  const param = { id: await threadOf(remote, part) };
  await read(clientOf(remote).threads[':id'].stop.$post({ param }));
  print('It is stopped.');
}
