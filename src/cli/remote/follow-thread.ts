import { setTimeout as sleep } from 'node:timers/promises';
import type { StoredEvent } from '../../thread/index.ts';
import { describeEvent } from '../describe-event.ts';
import { plain, print } from '../output.ts';
import { clientOf, follow, type Remote, RemoteError, read } from './client.ts';

const PAGE = 400;
const RETRY_MS = 1_000;
/** Between two phases. */
const FLOW_MS = 200;
const MAX_RETRIES = 30;

/**
 * Shows a thread of a server as it goes on, until its work ends; a connection that is lost is made again where it was.
 *
 * @param from the first event to be shown; default the latest hundreds
 * @returns how it ended
 * @throws RemoteError
 */
export async function followThread(
  remote: Remote,
  id: string,
  signal: AbortSignal,
  onEvent: (event: StoredEvent) => void = (event) => show(event),
): Promise<string> {
  const client = clientOf(remote);
  const { events } = await read(
    client.threads[':id'].events.$get({ param: { id }, query: { limit: String(PAGE) } }),
  );
  let last = 0;
  let ended: string | undefined;
  const take = (event: StoredEvent) => {
    last = event.seq;
    if (event.type === 'thread.ended') ended = event.status;
    else if (event.type === 'thread.resumed' || event.type === 'thread.started') ended = undefined;
    onEvent(event);
  };
  for (const event of events as StoredEvent[]) take(event);
  for (let retry = 0; ended === undefined && !signal.aborted; ) {
    try {
      const { revision } = await read(client.board.$get());
      for await (const message of follow(remote, revision, new Map([[id, last]]), signal)) {
        retry = 0;
        if (message.type === 'events' && message.thread === id)
          for (const event of message.events) take(event);
        if (ended !== undefined) return ended;
      }
    } catch (error) {
      if (signal.aborted) break;
      if (!mayRetry(error) || ++retry > MAX_RETRIES) throw error;
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }
  return ended ?? 'running';
}

/** What may be mended by asking again: what a server has refused is not. */
function mayRetry(error: unknown): boolean {
  return error instanceof RemoteError ? (error.status ?? 500) >= 500 : isBroken(error);
}

/** A stream that breaks off says so in a way of its own. */
function isBroken(error: unknown): boolean {
  return error instanceof TypeError && /terminated|network|fetch failed/i.test(error.message);
}

/**
 * Waits until nobody works on a flow of a server any more, and says on standard error what its phases are at.
 *
 * @throws RemoteError
 */
export async function followFlow(
  remote: Remote,
  id: string,
  signal: AbortSignal,
  isQuiet: boolean,
): Promise<void> {
  const client = clientOf(remote);
  let told = '';
  const say = (text: string) => {
    if (text !== told && !isQuiet) process.stderr.write(`${plain(text)}\n`);
    told = text;
  };
  for (let retry = 0; !signal.aborted; ) {
    try {
      const { revision } = await read(client.board.$get());
      const { state, current } = await read(client.flows[':id'].$get({ param: { id } }));
      if (state !== 'working') return;
      retry = 0;
      say(`▸ ${current}`);
      for await (const message of follow(remote, revision, new Map(), signal)) {
        if (message.type !== 'board') continue;
        const own = message.threads.filter((thread) => thread.id === id || thread.parent === id);
        for (const { activity } of own) if (activity.doing) say(`· ${activity.doing}`);
        if (own.some(({ status }) => status !== 'running')) break;
      }
    } catch (error) {
      if (signal.aborted) break;
      if (!mayRetry(error) || ++retry > MAX_RETRIES) throw error;
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
      continue;
    }
    await sleep(FLOW_MS, undefined, { signal }).catch(() => {});
  }
  process.exitCode = 130;
}

function show(event: StoredEvent): void {
  const text = describeEvent(event);
  if (text) print(text);
}
