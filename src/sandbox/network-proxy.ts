import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import { join } from 'node:path';
import { type Duplex, pipeline } from 'node:stream';
import { passedHeaders, passedStatus, requestHeaders } from './pass-headers.ts';
import { isLoopback, publicLookup } from './public-lookup.ts';
import { temporaryFolder } from './temporary.ts';

const PORT = 3128;

/** How programs are told to go through the proxy. */
export const PROXY_ENVIRONMENT: Readonly<Record<string, string>> = Object.fromEntries(
  ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].flatMap((name) => [
    [name, `http://127.0.0.1:${PORT}`],
    [name.toLowerCase(), `http://127.0.0.1:${PORT}`],
  ]),
);

/** What a sandbox may reach. */
export interface NetworkRules {
  allows(host: string): boolean;
  /** Connects to a port of loopback, whatever that is for who asks; without it loopback is a host like any other. */
  local?(port: number): Promise<Duplex>;
}

/**
 * The only way out of a sandbox: an HTTP proxy on a socket that is mounted into it, which passes on what goes to allowed
 * hosts. Names that stand for private addresses are refused: an allowed name must not lead to this machine.
 */
export class NetworkProxy {
  readonly #allows: (host: string) => boolean;
  readonly #local: NetworkRules['local'];
  #started: Promise<{ folder: string; socket: string; server: Server }> | undefined;

  constructor({ allows, local }: NetworkRules) {
    this.#allows = allows;
    this.#local = local;
  }

  /** Where the proxy listens, and the port by which programs are to know it. */
  async place(): Promise<{ socket: string; port: number }> {
    this.#started ??= this.#start();
    const { socket } = await this.#started;
    return { socket, port: PORT };
  }

  async #start() {
    const folder = await temporaryFolder('proxy');
    const socket = join(folder, randomBytes(4).toString('hex'));
    const server = createServer((incoming, response) => void this.#forward(incoming, response));
    server.on('connect', (incoming, client, head) => void this.#tunnel(incoming, client, head));
    server.on('clientError', (_, client) => client.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socket, resolve);
    });
    server.unref();
    return { folder, socket, server };
  }

  async close(): Promise<void> {
    const started = await this.#started?.catch(() => undefined);
    started?.server.closeAllConnections();
    started?.server.close();
    if (started) await rm(started.folder, { recursive: true, force: true });
  }

  /** The connection options of an allowed host, or undefined. */
  #way(hostname: string) {
    const host = hostname.replace(/^\[|\]$/g, '');
    if (host === '' || !this.#allows(host)) return undefined;
    // A literal address, and localhost, are what somebody has allowed by that very name.
    return isIP(host) === 0 && host !== 'localhost' ? { host, lookup: publicLookup } : { host };
  }

  #isLocal(hostname: string): boolean {
    return this.#local !== undefined && isLoopback(hostname.replace(/^\[|\]$/g, ''));
  }

  async #forward(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.canParse(incoming.url ?? '') ? new URL(incoming.url!) : undefined;
    const isLocal = url?.protocol === 'http:' && this.#isLocal(url.hostname);
    const way = url?.protocol === 'http:' && !isLocal ? this.#way(url.hostname) : undefined;
    const socket = isLocal ? await this.#local!(Number(url.port || 80)).catch(() => undefined) : undefined;
    if (isLocal && !socket) {
      response.writeHead(502, { 'content-type': 'text/plain' }).end(`Nothing listens on ${url.host}.\n`);
      return;
    }
    if (!url || !(way || socket)) {
      response.writeHead(403, { 'content-type': 'text/plain' }).end(refusal(url?.hostname ?? 'this address'));
      return;
    }
    const { method } = incoming;
    const upstream = request(
      {
        ...(socket ? { createConnection: () => socket } : way),
        port: url.port || 80,
        method,
        path: url.pathname + url.search,
        headers: { ...requestHeaders(incoming.headers), host: url.host },
      },
      (answer) => {
        try {
          response.writeHead(passedStatus(answer.statusCode), passedHeaders(answer.headers));
        } catch {
          // Headers that no server may send.
          response.destroy();
          answer.destroy();
          return;
        }
        // One that breaks off must not leave the other waiting.
        pipeline(answer, response, () => {});
      },
    );
    upstream.on('error', (error) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502, { 'content-type': 'text/plain' }).end(`${error.message}\n`);
    });
    response.on('close', () => upstream.destroy());
    incoming.pipe(upstream);
  }

  async #tunnel(incoming: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    const target = URL.canParse(`http://${incoming.url}`) ? new URL(`http://${incoming.url}`) : undefined;
    client.on('error', () => {});
    if (target && this.#isLocal(target.hostname)) {
      const port = Number(/:(\d+)$/.exec(incoming.url!)?.[1] ?? 80);
      const local = await this.#local!(port).catch(() => undefined);
      if (!local) {
        client.end(`HTTP/1.1 502 Bad Gateway\r\n\r\nNothing listens on ${target.host}.\n`);
        return;
      }
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      if (head.length > 0) local.write(head);
      local.pipe(client).pipe(local);
      local.on('error', () => client.destroy());
      client.on('close', () => local.destroy());
      return;
    }
    const way = target && this.#way(target.hostname);
    if (!target || !way) {
      client.end(
        `HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\n\r\n${refusal(target?.hostname ?? 'this address')}`,
      );
      return;
    }
    const upstream: Socket = connect({ ...way, port: Number(target.port || 80) }, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', (error) => client.end(`HTTP/1.1 502 Bad Gateway\r\n\r\n${error.message}\n`));
    client.on('close', () => upstream.destroy());
  }
}

function refusal(host: string): string {
  return `${host} is not among the allowed hosts (network.allowedDomains).\n`;
}
