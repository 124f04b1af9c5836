import { readFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { passedHeaders, passedStatus, requestHeaders } from '../../sandbox/index.ts';

/** Where an app is reached. */
export interface AppTarget {
  port: number;
  connect(): Promise<Duplex>;
}

/** Under this path the preview answers and not the app. */
const OWN = '/__kino/';
/** The script by which an element can be picked; what Vite has built. */
const PICKER = fileURLToPath(new URL('../../../dist/web/picker.js', import.meta.url));
/** Longer pages are passed on as they are. */
const MAX_HTML = 5 * 1024 * 1024;

/** Passes a request on to an app, as if it had come from this machine; its pages get the picker. */
export async function passOn(
  target: AppTarget,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (isForeign(incoming.headers))
    return void response
      .writeHead(403, { 'content-type': 'text/plain' })
      .end('A page of another origin asks.\n');
  if (incoming.url?.startsWith(OWN)) return sendPicker(response);
  let socket: Duplex;
  try {
    socket = await target.connect();
  } catch {
    response.writeHead(502, { 'content-type': 'text/plain' }).end('The app does not answer.\n');
    return;
  }
  const upstream = request(
    {
      createConnection: () => socket as never,
      method: incoming.method,
      path: incoming.url,
      headers: named(requestHeaders(incoming.headers), target.port),
    },
    (answer) => void passBack(answer, response).catch(() => response.destroy()),
  );
  upstream.on('error', () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502, { 'content-type': 'text/plain' }).end('The app does not answer.\n');
  });
  response.on('close', () => upstream.destroy());
  incoming.pipe(upstream);
}

/** Passes on a connection that is to become something else: the socket by which a dev server tells of changes. */
export async function passUpgrade(
  target: AppTarget,
  incoming: IncomingMessage,
  client: Duplex,
  head: Buffer,
): Promise<void> {
  client.on('error', () => {});
  if (isForeign(incoming.headers)) return void client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  const app = await target.connect().catch(() => undefined);
  if (!app) return void client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  const headers = Object.entries(named(incoming.headers, target.port)).flatMap(([name, value]) =>
    [value].flat().map((one) => `${name}: ${one}`),
  );
  const request = `${incoming.method} ${incoming.url} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`;
  // In one piece: an app may have answered and gone before a second one, and its answer would be lost with it.
  app.write(Buffer.concat([Buffer.from(request, 'latin1'), head]));
  app.pipe(client).pipe(app);
  app.on('error', () => client.end());
  // What it said last is still on its way.
  app.on('close', () => client.end());
  client.on('close', () => app.destroy());
}

/** The app takes who asks for itself, as its origin is written anew: no other page may ask. */
function isForeign({ origin, host }: IncomingHttpHeaders): boolean {
  return origin !== undefined && origin !== `http://${host}`;
}

/** Dev servers answer who asks for them by the name that they know. */
function named({ 'accept-encoding': _, ...headers }: IncomingHttpHeaders, port: number) {
  const own = `localhost:${port}`;
  return {
    ...headers,
    host: own,
    ...(headers.origin !== undefined && { origin: `http://${own}` }),
    ...(headers.referer !== undefined && { referer: `http://${own}/` }),
  };
}

async function passBack(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  const {
    'x-frame-options': _,
    'content-security-policy': policy,
    ...headers
  } = passedHeaders(answer.headers);
  const kept = {
    ...headers,
    // Its name is all that keeps others from it: no other host is told.
    'referrer-policy': 'same-origin',
    ...(policy !== undefined && { 'content-security-policy': framed([policy].flat().join(', ')) }),
  };
  const status = passedStatus(answer.statusCode);
  if (!/^text\/html\b/i.test(headers['content-type'] ?? '') || headers['content-encoding'] !== undefined) {
    response.writeHead(status, kept);
    answer.pipe(response);
    answer.on('error', () => response.destroy());
    return;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_HTML) throw new Error('too long');
  }
  const { 'content-length': __, etag: ___, ...rest } = kept;
  response.writeHead(status, rest).end(withPicker(Buffer.concat(chunks).toString('latin1')), 'latin1');
}

/** The app is shown in a frame of ours, whatever it says of frames. */
function framed(policy: string): string {
  return policy.replace(/(^|[;,])\s*frame-ancestors[^;,]*/gi, '$1');
}

/** Bytes stay as they are: the text is taken apart by ASCII alone. */
function withPicker(html: string): string {
  const script = `<script src="${OWN}picker.js"></script>`;
  const at = /<head\b[^>]*>/i.exec(html) ?? /<!doctype[^>]*>/i.exec(html);
  return at
    ? html.slice(0, at.index + at[0].length) + script + html.slice(at.index + at[0].length)
    : script + html;
}

async function sendPicker(response: ServerResponse): Promise<void> {
  const script = await readFile(PICKER).catch(() => undefined);
  response
    .writeHead(script ? 200 : 404, {
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'no-store',
    })
    .end(script);
}
