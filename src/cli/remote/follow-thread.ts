import { setTimeout as sleep } from 'node:timers/promises';
import type { StoredEvent } from '../../thread/index.ts';
import { describeEvent } from '../describe-event.ts';
import { print } from '../output.ts';
import { clientOf, follow, type Remote, RemoteError, read } from './client.ts';

const PAGE = 400;
const RETRY_MS = 1_000;
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
      if (++retry > MAX_RETRIES || !(error instanceof RemoteError || isBroken(error))) throw error;
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }
  return ended ?? 'running';
}

/** A stream that breaks off says so in a way of its own. */
function isBroken(error: unknown): boolean {
  return error instanceof TypeError && /terminated|network|fetch failed/i.test(error.message);
}

function show(event: StoredEvent): void {
  const text = describeEvent(event);
  if (text) print(text);
}
