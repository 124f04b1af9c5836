import type { StoredEvent } from '../../thread/index.ts';
import { UsageError } from '../exit.ts';
import { paint, plain, print, printJson } from '../output.ts';
import { clientOf, type Remote, read, theRemote } from './client.ts';
import { threadOf } from './find.ts';

const MIN_ID = 4;
const SCOPES = ['once', 'session', 'project', 'user'] as const;

/** What waits for the person, who has waited longest first; and what has ended since somebody looked. */
async function waiting(remote: Remote) {
  const { threads } = await read(clientOf(remote).board.$get());
  const all = [...threads].sort((a, b) => a.updatedAt - b.updatedAt);
  const asked = all
    .filter(({ status }) => status === 'running')
    .flatMap(({ id, title, activity }) => activity.waiting.map((one) => ({ thread: id, title, ...one })));
  const approvals = all
    .filter(({ status, activity }) => status !== 'running' && activity.awaits !== undefined)
    .map(({ id, title, activity }) => ({
      ...{ thread: id, title, kind: 'approval' as const, what: activity.reason ?? '' },
    }));
  const ended = all
    .filter(
      ({ parent, status, activity }) => parent === undefined && status !== 'running' && activity.isUnseen,
    )
    .map(({ id, title, status, activity }) => ({
      ...{ thread: id, title, kind: 'ended' as const, what: status },
      broken: activity.broken ?? [],
    }));
  return { asked, approvals, ended };
}

export async function inbox(flags: { json?: boolean }): Promise<void> {
  const remote = await theRemote();
  const { asked, approvals, ended } = await waiting(remote);
  if (flags.json) return printJson([...asked, ...approvals, ...ended]);
  if (asked.length + approvals.length + ended.length === 0) return print('Nothing needs you.');
  const line = (id: string, kind: string, what: string, about: string) =>
    print(
      `${paint('yellow', plain(id.slice(-6)))}  ${kind}  ${plain(what)}\n        ${paint('dim', plain(about))}`,
    );
  for (const { kind, what, title, thread, request = '', isAll } of asked) {
    line(request, kind, what, `${title} ${thread.slice(-6)}`);
    // Nobody is to allow what they were not shown.
    if (kind === 'permission' && !isAll) await printWhole(remote, thread, request);
  }
  for (const { thread, title, what } of approvals) line(thread, 'approval', what, title);
  for (const { thread, title, what, broken } of ended)
    line(thread, 'ended', broken.length > 0 ? `${what}, does not pass: ${broken.join(', ')}` : what, title);
  const helps = [
    ...(asked.length > 0 ? ['kino remote answer <id> yes|no, or the answer to a question'] : []),
    ...(approvals.length > 0 ? ['kino remote flow show|approve|send-back <id>'] : []),
    ...(ended.length > 0 ? ['kino remote watch|review|seen <id>'] : []),
  ];
  print(paint('dim', `\n${helps.join('\n')}`));
}

export async function answer(
  id: string,
  text: string,
  { for: scope = 'once', note }: { for?: string; note?: string },
): Promise<void> {
  const remote = await theRemote();
  // By what it is and not by its place: another may have come before it.
  const [one, other] = (await waiting(remote)).asked.filter(({ request }) => request?.endsWith(id));
  if (!one || other || id.length < MIN_ID)
    throw new UsageError(`Nothing of the id ${id} waits; \`kino remote inbox\` says what does.`);
  const about = { thread: one.thread, request: one.request ?? '' };
  const { answers } = clientOf(remote);
  if (one.kind === 'question')
    await read(answers.$post({ json: { kind: 'question', ...about, answer: text } }));
  else {
    const outcome = { yes: 'allow', no: 'deny' }[text.toLowerCase()] as 'allow' | 'deny' | undefined;
    if (!outcome) throw new UsageError('A permission is answered with yes or no.');
    if (scope !== 'once') await printWhole(remote, one.thread, one.request ?? '');
    const known = SCOPES.find((name) => name === scope);
    if (!known) throw new UsageError(`--for is one of ${SCOPES.join(', ')}.`);
    await read(
      answers.$post({
        json: {
          ...{ kind: 'permission', ...about, outcome, scope: known },
          ...(note !== undefined && { note }),
        },
      }),
    );
  }
  print(`${plain(one.what)}: ${plain(text)}`);
}

/** All that a call is to do, and the rules that would let its like pass. */
async function printWhole(remote: Remote, id: string, request: string): Promise<void> {
  const query = { limit: '2000' };
  const { events } = await read(clientOf(remote).threads[':id'].events.$get({ param: { id }, query }));
  const asked = (events as StoredEvent[]).findLast(
    (event) => event.type === 'permission.requested' && event.request === request,
  );
  if (asked?.type !== 'permission.requested') return;
  const input = JSON.stringify(asked.input, null, 2) ?? '';
  print(plain(`${asked.tool} ${input}`).replace(/^/gm, '        '));
  if (asked.suggestions.length > 0)
    print(paint('dim', `        --for a session or longer: ${plain(asked.suggestions.join(', '))}`));
}

export async function seen(part: string): Promise<void> {
  const remote = await theRemote();
  const id = await threadOf(remote, part);
  await read(clientOf(remote).threads[':id'].seen.$post({ param: { id } }));
  print('Seen.');
}
