import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, isIP } from 'node:net';
import { hostname } from 'node:os';
import { getRequestListener } from '@hono/node-server';
import type { AgentChoice } from '../agent/index.ts';
import type { ThreadStore } from '../thread/index.ts';
import { type Access, newToken, secretsOf } from './access.ts';
import { createApp } from './app.ts';
import { ServeError } from './errors.ts';
import { Live } from './live/live.ts';
import { Previews } from './preview/previews.ts';

export interface ServeOptions {
  store: ThreadStore;
  /** Who works where nobody says it. */
  choice: AgentChoice;
  /** 0 for one that is free. */
  port: number;
  /** Default loopback. Another one wants `tls` or `proxy`. */
  host?: string;
  tls?: { cert: Buffer; key: Buffer };
  /** The origin that a proxy before the server goes by, such as `https://kino.example`. */
  proxy?: string;
  /** Default a new one. */
  token?: string;
  /** Go on with what agents of a server were at that was killed. */
  resume?: boolean;
}

export interface Serving {
  /** With the token, and behind `#` the key of pages. */
  url: string;
  origin: string;
  token: string;
  /** How many threads are gone on with. */
  resumed: number;
  close(): Promise<void>;
}

/** Wherever somebody listens: no name to go by. */
const EVERYWHERE = new Set(['0.0.0.0', '::']);
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1']);
const MAX_CONNECTIONS = 512;

/**
 * Starts the manager's server: on loopback, for whoever has the token.
 *
 * @throws ServeError where it would be open to others without TLS, or the port is taken
 */
export async function serve({
  store,
  choice,
  port,
  host = '127.0.0.1',
  tls,
  proxy,
  token = newToken(),
  resume = false,
}: ServeOptions): Promise<Serving> {
  if (!LOOPBACK.has(host) && !tls && proxy === undefined)
    throw new ServeError(
      `On ${host} others could read along: give --tls-cert and --tls-key, or say with --proxy which origin a proxy with TLS goes by.`,
    );
  const live = new Live(store, choice);
  const previews = new Previews();
  const certificate = tls && certificateOf(tls.cert);
  const [hosts, origins] = [new Set<string>(), new Set<string>()];
  const scheme = tls ? 'https' : 'http';
  // A browser comes by no other name than one that the certificate is for.
  const isHost = (name: string) =>
    hosts.has(name) || (certificate !== undefined && holds(certificate, name, bound));
  let bound = port;
  const page = secretsOf(token);
  const access: Access = {
    token,
    page,
    isHost,
    isOrigin: (name, asked) => origins.has(name) || name === `${scheme}://${asked}`,
    secure: tls !== undefined || (proxy?.startsWith('https:') ?? false),
  };
  const listener = getRequestListener(
    createApp({ store, live, previews }, access, await previews.port()).fetch,
  );
  const server = tls ? createSecureServer(tls, listener) : createServer(listener);
  server.maxConnections = MAX_CONNECTIONS;
  server.headersTimeout = 10_000;
  server.requestTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new ServeError(
          error.code === 'EADDRINUSE'
            ? `Port ${port} is taken; say another with --port.`
            : `${host}:${port} cannot be listened on (${error.code}).`,
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
  bound = (server.address() as AddressInfo).port;
  const names = LOOPBACK.has(host) ? ['127.0.0.1', 'localhost', '[::1]'] : EVERYWHERE.has(host) ? [] : [host];
  for (const name of names) {
    hosts.add(`${name}:${bound}`);
    // Browsers leave out the port that goes without saying.
    if (bound === (tls ? 443 : 80)) hosts.add(name);
    origins.add(new URL(`${scheme}://${name}:${bound}`).origin);
  }
  if (proxy !== undefined) {
    const { host: name, origin } = new URL(proxy);
    hosts.add(name);
    origins.add(origin);
  }
  const origin =
    proxy === undefined
      ? new URL(`${scheme}://${called(host, certificate)}:${bound}`).origin
      : new URL(proxy).origin;
  return {
    ...{ url: `${origin}/?token=${token}#${page.key}`, origin, token },
    resumed: resume ? await live.goOnWithLost() : 0,
    async close() {
      await Promise.all([live.close(), previews.close()]);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function certificateOf(pem: Buffer): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new ServeError('What --tls-cert names is no certificate.');
  }
}

/** Whether a certificate is for the name in a `Host` that comes to a port. */
function holds(certificate: X509Certificate, host: string, port: number): boolean {
  const [, name = '', given = '443'] = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d+))?$/.exec(host) ?? [];
  if (Number(given) !== port) return false;
  const bare = name.replace(/^\[|\]$/g, '');
  return (isIP(bare) ? certificate.checkIP(bare) : certificate.checkHost(bare)) !== undefined;
}

/** What to call a server by that listens at a host: as its certificate does where that is everywhere. */
function called(host: string, certificate: X509Certificate | undefined): string {
  if (!EVERYWHERE.has(host)) return host.includes(':') ? `[${host}]` : host;
  const names = certificate?.subjectAltName?.split(', ') ?? [];
  const [name] = names.flatMap((one) => /^(?:DNS|IP Address):([^*]+)$/.exec(one)?.[1] ?? []);
  if (name !== undefined) return isIP(name) === 6 ? `[${name}]` : name;
  // A certificate for all names below one holds for this machine's, or nobody could come by any.
  if (certificate && certificate.checkHost(hostname()) === undefined)
    throw new ServeError('The certificate names no host that one could go by: say which with --host.');
  return hostname();
}
