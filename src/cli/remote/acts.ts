import type { StoredEvent } from '../../thread/index.ts';
import { UsageError } from '../exit.ts';
import { untilInterrupted } from '../interrupt.ts';
import { dollars, paint, plain, print, printJson, table } from '../output.ts';
import { readLine } from '../read-line.ts';
import { clientOf, greet, keepRemote, read, remoteIn, theRemote } from './client.ts';
import { followThread } from './follow-thread.ts';

const MIN_ID = 4;

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
        activity.waiting.length > 0 ? paint('yellow', 'needs you') : plain(status),
        String(activity.steps),
        dollars(activity.costUsd),
        plain(activity.waiting[0]?.what ?? title).slice(0, 70),
      ]),
    ),
  );
}

export async function run(
  prompt: string,
  flags: Json & { folder: string; model?: string; worktree: boolean; follow: boolean },
): Promise<void> {
  const remote = await theRemote();
  const { folder, model, worktree } = flags;
  const json = { folder, prompt, worktree, ...(model !== undefined && { model }) };
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
  const thread = await resolve(part);
  const signal = untilInterrupted();
  const events: StoredEvent[] = [];
  const status = flags.json
    ? await followThread(remote, thread, signal, (event) => void events.push(event))
    : await followThread(remote, thread, signal);
  if (flags.json) printJson({ thread, status, events });
  process.exitCode = status === 'done' ? 0 : status === 'interrupted' || signal.aborted ? 130 : 1;
}

export async function say(part: string, text: string, flags: { queue?: boolean }): Promise<void> {
  const client = clientOf(await theRemote());
  const id = await resolve(part);
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
  const client = clientOf(await theRemote());
  await read(client.threads[':id'].stop.$post({ param: { id: await resolve(part) } }));
  print('It is stopped.');
}

/** What waits for the person, who has waited longest first. */
async function waiting() {
  const { threads } = await read(clientOf(await theRemote()).board.$get());
  return threads
    .filter(({ status }) => status === 'running')
    .sort((a, b) => a.updatedAt - b.updatedAt)
    .flatMap((thread) =>
      thread.activity.waiting.map((one) => ({ thread: thread.id, title: thread.title, ...one })),
    );
}

export async function inbox(flags: Json): Promise<void> {
  const all = await waiting();
  if (flags.json) return printJson(all);
  if (all.length === 0) return print('Nothing needs you.');
  for (const { kind, what, title, thread, request = '' } of all)
    print(
      `${paint('yellow', plain(request.slice(-6)))}  ${kind}  ${plain(what)}\n        ${paint('dim', `${plain(title)} ${thread.slice(-6)}`)}`,
    );
  print(paint('dim', '\nkino remote answer <id> yes|no, or the answer to a question'));
}

export async function answer(id: string, text: string): Promise<void> {
  // By what it is and not by its place: another may have come before it.
  const [one, other] = (await waiting()).filter(({ request }) => request?.endsWith(id));
  if (!one || other || id.length < MIN_ID)
    throw new UsageError(`Nothing of the id ${id} waits; \`kino remote inbox\` says what does.`);
  const about = { thread: one.thread, request: one.request ?? '' };
  if (one.kind === 'question') {
    await read(
      clientOf(await theRemote()).answers.$post({ json: { kind: 'question', ...about, answer: text } }),
    );
  } else {
    const outcome = { yes: 'allow', no: 'deny' }[text.toLowerCase()] as 'allow' | 'deny' | undefined;
    if (!outcome) throw new UsageError('A permission is answered with yes or no.');
    await read(
      clientOf(await theRemote()).answers.$post({
        json: { kind: 'permission', ...about, outcome, scope: 'once' },
      }),
    );
  }
  print(`${plain(one.what)}: ${plain(text)}`);
}

/** The thread of an id, its beginning or end. @throws UsageError */
async function resolve(part: string): Promise<string> {
  const { threads } = await read(clientOf(await theRemote()).board.$get());
  const found = threads.filter(({ id }) => id === part || id.startsWith(part) || id.endsWith(part));
  const exact = found.find(({ id }) => id === part);
  if (exact || found.length === 1) return (exact ?? found[0]!).id;
  throw new UsageError(
    found.length === 0
      ? `The server has no thread ${part}.`
      : `${part} may be any of ${found.length} threads.`,
  );
}
