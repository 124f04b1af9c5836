import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hc } from 'hono/client';
import { z } from 'zod';
import { kinoHome } from '../../config/index.ts';
import type { App, StreamMessage } from '../../server/index.ts';
import { UsageError } from '../exit.ts';
import { plain } from '../output.ts';

const kept = z.object({
  origin: z
    .url({ protocol: /^https?$/ })
    .refine((text) => URL.canParse(text) && isPrivate(text), 'reads along'),
  token: z.string().min(1),
});
export type Remote = z.infer<typeof kept>;

const READ_ALONG =
  'Over http to another machine whoever is on the way reads the token: serve it with --tls-cert and --tls-key, or through a tunnel (`ssh -L`).';

/** A server that does not do what it is asked, with what it says of it. */
export class RemoteError extends Error {
  override name = 'RemoteError';
  /** Of its answer; absent where it gave none. */
  readonly status: number | undefined;
  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

const file = () => join(kinoHome(), 'remote.json');

/** Keeps which server is driven, for this user's eyes only. */
export async function keepRemote(remote: Remote): Promise<void> {
  await mkdir(dirname(file()), { recursive: true, mode: 0o700 });
  await writeFile(file(), `${JSON.stringify(remote)}\n`, { mode: 0o600 });
  await chmod(file(), 0o600);
}

/** The address that `kino serve` prints, in its parts. @throws UsageError */
export function remoteIn(address: string): Remote {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const token = url?.searchParams.get('token');
  if (!url || !/^https?:$/.test(url.protocol) || !token)
    throw new UsageError('That is not the address that `kino serve` prints: it carries a token.');
  if (!isPrivate(url.origin)) throw new UsageError(READ_ALONG);
  return { origin: url.origin, token };
}

/** Whether nobody on the way reads along: a token opens everything. */
function isPrivate(origin: string): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol === 'https:' || /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}

/** The server that is driven: of the environment, or the one that was kept. @throws UsageError */
export async function theRemote(): Promise<Remote> {
  const { KINO_SERVER: origin, KINO_SERVE_TOKEN: token } = process.env;
  if (origin !== undefined) {
    const given = kept.safeParse({ origin, token });
    if (given.success) return given.data;
    throw new UsageError(
      'KINO_SERVER must be an address like https://host:4611 (http on this machine alone), and KINO_SERVE_TOKEN its token.',
    );
  }
  const text = await readFile(file(), 'utf8').catch(() => undefined);
  const known = text === undefined ? undefined : kept.safeParse(jsonIn(text));
  if (known?.success) return known.data;
  throw new UsageError(
    'No server is known: say `kino remote connect` and the address that `kino serve` prints.',
  );
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Makes sure that what answers is a server of Kino. @returns how many threads it has @throws RemoteError */
export async function greet(remote: Remote): Promise<number> {
  const board = z.object({ revision: z.number(), threads: z.array(z.unknown()) });
  const answer = board.safeParse(await read(clientOf(remote).board.$get()));
  if (!answer.success) throw new RemoteError('What answers there is no server of Kino.');
  return answer.data.threads.length;
}

/** The routes of a server, typed. */
export function clientOf({ origin, token }: Remote) {
  return hc<App>(origin, { headers: { authorization: `Bearer ${token}` } }).api;
}

/** The body of an answer. @throws RemoteError with what the server says */
export async function read<T>(
  answer: Promise<{ ok: boolean; status: number; json(): Promise<T> }>,
): Promise<T> {
  const response = await answer.catch((error: Error) => {
    const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
    throw new RemoteError(`The server does not answer (${code ?? error.message}).`);
  });
  if (response.ok)
    return response.json().then(harmless, () => {
      throw new RemoteError('What answers there is no server of Kino.');
    });
  const said = harmless((await response.json().catch(() => ({}))) as { error?: string });
  throw new RemoteError(said.error ?? `The server answered ${response.status}.`, response.status);
}

/** What a server says, without what would steer this terminal, wherever in it that stands. */
function harmless<T>(value: T): T {
  if (typeof value === 'string') return plain(value) as T;
  if (Array.isArray(value)) return value.map(harmless) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [plain(key), harmless(held)])) as T;
}

/**
 * What the server tells from a revision of the board and an event of a thread on, until it is left or the connection ends.
 *
 * @throws RemoteError
 */
export async function* follow(
  { origin, token }: Remote,
  revision: number,
  threads: ReadonlyMap<string, number>,
  signal: AbortSignal,
): AsyncGenerator<StreamMessage> {
  const url = new URL('/api/stream', origin);
  url.searchParams.set('revision', String(revision));
  url.searchParams.set('threads', [...threads].map(([id, seq]) => `${id}:${seq}`).join(','));
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` }, signal }).catch(
    () => undefined,
  );
  if (!response?.ok || !response.body) throw new RemoteError('The server does not answer.');
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const messages = text.split('\n\n');
    text = messages.pop()!;
    for (const message of messages) {
      const data = /^data: ?(.*)$/m.exec(message)?.[1];
      if (data !== undefined) yield harmless(JSON.parse(data) as StreamMessage);
    }
  }
}
