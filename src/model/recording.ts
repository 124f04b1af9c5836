import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { RecordingError, ReplayMismatchError } from './errors.ts';

const exchangeSchema = z.strictObject({
  request: z.strictObject({ method: z.string(), path: z.string(), body: z.unknown() }),
  response: z.strictObject({
    status: z.int(),
    headers: z.record(z.string(), z.string()),
    body: z.string(),
    /** The connection broke after `body`. */
    cut: z.boolean(),
  }),
});
type Exchange = z.infer<typeof exchangeSchema>;

/** Headers of an answer that mean something when it is played again. */
const KEPT_HEADERS = ['content-type', 'retry-after', 'retry-after-ms'];

/** Stands in a recording for the folder that a run worked in, which differs from run to run. */
const WORKSPACE = '<kino-workspace>';

/**
 * A `fetch` that keeps every exchange in a file of JSON Lines: the request without its headers (they hold keys),
 * the answer as it came. An exchange is written when it is complete.
 *
 * @param workspace the folder of the run; its path is replaced in what is kept
 * @throws RecordingError when the file cannot be made
 */
export function recordingFetch(file: string, workspace: string): typeof fetch {
  const write = (work: () => void) => {
    try {
      work();
    } catch (error) {
      throw new RecordingError(`The recording ${file} cannot be written: ${(error as Error).message}.`);
    }
  };
  write(() => accessSync(dirname(file), constants.W_OK));
  let begun = false;
  return async (input, init) => {
    const request = describe(input, init, workspace);
    const answer = await fetch(input, init);
    const headers: Record<string, string> = {};
    for (const name of KEPT_HEADERS) {
      const value = answer.headers.get(name);
      if (value !== null) headers[name] = value;
    }
    const decoder = new TextDecoder();
    let body = '';
    const keep = (cut: boolean) =>
      write(() => {
        const response = { status: answer.status, headers, body: body.replaceAll(workspace, WORKSPACE), cut };
        // What stood there before goes only now that there is something to put in its place.
        writeFileSync(file, `${JSON.stringify({ request, response } satisfies Exchange)}\n`, {
          flag: begun ? 'a' : 'w',
          mode: 0o600,
        });
        begun = true;
      });
    const source = answer.body?.getReader();
    const stream = new ReadableStream<Uint8Array>({
      async pull(controller) {
        try {
          const next = await source?.read();
          if (!next || next.done) {
            keep(false);
            controller.close();
            return;
          }
          body += decoder.decode(next.value, { stream: true });
          controller.enqueue(next.value);
        } catch (error) {
          keep(true);
          controller.error(error);
        }
      },
      async cancel(reason) {
        keep(true);
        await source?.cancel(reason);
      },
    });
    return new Response(stream, { status: answer.status, headers: answer.headers });
  };
}

/**
 * A `fetch` that answers from a recording and never touches the network. Each exchange answers one request that is
 * equal to the recorded one, in the recorded order among equals.
 *
 * @throws RecordingError when the file is no recording
 */
export function replayingFetch(file: string, workspace: string): typeof fetch {
  const exchanges = readExchanges(file).map((exchange) => ({ ...exchange, used: false }));
  return async (input, init) => {
    const request = describe(input, init, workspace);
    const text = canonical(request);
    const match = exchanges.find((exchange) => !exchange.used && canonical(exchange.request) === text);
    if (!match) throw mismatch(file, exchanges, request);
    match.used = true;
    const { status, headers, body, cut } = match.response;
    const bytes = new TextEncoder().encode(body.replaceAll(WORKSPACE, workspace));
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        if (bytes.length > 0) controller.enqueue(bytes);
        if (!cut) controller.close();
      },
      // Asked for more than there was: an error at once would drop what is not yet read.
      pull(controller) {
        controller.error(new TypeError('terminated (the recorded connection broke here)'));
      },
    });
    return new Response(stream, { status, headers });
  };
}

function readExchanges(file: string): Exchange[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new RecordingError(`The recording ${file} cannot be read: ${(error as Error).message}.`);
  }
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, index) => {
      try {
        return exchangeSchema.parse(JSON.parse(line));
      } catch {
        throw new RecordingError(`${file}: line ${index + 1} is no exchange of a recording.`);
      }
    });
}

type FetchInput = Parameters<typeof fetch>[0];
type FetchInit = Parameters<typeof fetch>[1];

function describe(input: FetchInput, init: FetchInit, workspace: string): Exchange['request'] {
  const url = new URL(input instanceof Request ? input.url : input);
  const text = typeof init?.body === 'string' ? init.body.replaceAll(workspace, WORKSPACE) : '';
  let body: unknown = text;
  try {
    body = JSON.parse(text);
  } catch {
    // Kept as text.
  }
  return { method: init?.method ?? 'GET', path: url.pathname, body };
}

function canonical(request: Exchange['request']): string {
  return JSON.stringify(request);
}

function mismatch(
  file: string,
  exchanges: readonly (Exchange & { used: boolean })[],
  request: Exchange['request'],
): ReplayMismatchError {
  const next = exchanges.find((exchange) => !exchange.used);
  if (!next) {
    return new ReplayMismatchError(
      `The run makes more requests than ${file} holds (${exchanges.length}): the recording ends here.`,
    );
  }
  const difference = firstDifference(next.request, request, '');
  const { path, was, is } = difference ?? { path: 'request', was: '', is: '' };
  return new ReplayMismatchError(
    `Request ${exchanges.indexOf(next) + 1} differs from ${file} at ${path}: recorded ${was}, now ${is}.`,
  );
}

/** Where two values first differ, with what each holds there. */
export function firstDifference(
  was: unknown,
  is: unknown,
  path: string,
): { path: string; was: string; is: string } | undefined {
  if (typeof was === 'object' && was !== null && typeof is === 'object' && is !== null) {
    for (const key of new Set([...Object.keys(was), ...Object.keys(is)])) {
      const at = /^\d+$/.test(key) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
      const found = firstDifference(Reflect.get(was, key), Reflect.get(is, key), at);
      if (found) return found;
    }
    return undefined;
  }
  return Object.is(was, is) ? undefined : { path, was: excerpt(was), is: excerpt(is) };
}

function excerpt(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
