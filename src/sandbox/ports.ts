import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { temporaryFolder } from './temporary.ts';

/** The ports that a command listens on, from outside its sandbox. */
export interface Ports {
  /** A connection to one of them. @throws PortClosedError */
  connect(port: number): Promise<Duplex>;
  /** Those that somebody listens on; undefined where that cannot be told. */
  listening(): Promise<number[] | undefined>;
  close(): Promise<void>;
}

/** Nothing listens on a port. */
export class PortClosedError extends Error {
  override name = 'PortClosedError';
  constructor(port: number) {
    super(`Nothing listens on port ${port}.`);
  }
}

const WAIT_MS = 5_000;
/** More connections than the bridge offers are not its own. */
const MAX_IDLE = 64;
const MAX_LIST = 64 * 1024;
const listSchema = z.array(z.int().min(1).max(65_535)).max(1_000);

/**
 * The ports inside a network of its own. The bridge in there comes out to a socket of ours and waits to be asked: nothing
 * that a command makes is ever connected to.
 */
export class BridgedPorts implements Ports {
  readonly socket: string;
  readonly #folder: string;
  readonly #server: Server;
  readonly #idle: Socket[] = [];
  readonly #waiting: ((socket: Socket) => void)[] = [];

  private constructor(folder: string, socket: string, server: Server) {
    this.#folder = folder;
    this.socket = socket;
    this.#server = server;
    server.on('connection', (offered) => this.#offered(offered));
  }

  static async open(): Promise<BridgedPorts> {
    const folder = await temporaryFolder('ports');
    const socket = join(folder, randomBytes(4).toString('hex'));
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socket, resolve);
    });
    server.unref();
    return new BridgedPorts(folder, socket, server);
  }

  async connect(port: number): Promise<Duplex> {
    const socket = await this.#ask(port);
    if (socket.read(1)?.toString('latin1') === '+') return socket;
    socket.destroy();
    throw new PortClosedError(port);
  }

  async listening(): Promise<number[] | undefined> {
    let socket: Socket | undefined;
    // Whoever answers is inside, and may be anybody.
    const timer = setTimeout(() => socket?.destroy(), WAIT_MS);
    try {
      socket = await this.#ask(0);
      let text = '';
      for await (const chunk of socket) {
        text += (chunk as Buffer).toString('latin1');
        if (text.length > MAX_LIST) return [];
      }
      return listSchema.parse(JSON.parse(text.slice(1)));
    } catch {
      // Nobody is in there yet, or any more.
      return [];
    } finally {
      clearTimeout(timer);
      socket?.destroy();
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#idle) socket.destroy();
    this.#server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #offered(socket: Socket): void {
    socket.on('error', () => {});
    socket.on('close', () => {
      const at = this.#idle.indexOf(socket);
      if (at !== -1) this.#idle.splice(at, 1);
    });
    const waiting = this.#waiting.shift();
    if (waiting) waiting(socket);
    else if (this.#idle.length < MAX_IDLE) this.#idle.push(socket);
    else socket.destroy();
  }

  /** A connection of the bridge that was asked for a port and has begun to answer. @throws PortClosedError */
  async #ask(port: number): Promise<Socket> {
    const socket = await this.#next(port);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => gone(), WAIT_MS);
      const settle = () => {
        clearTimeout(timer);
        socket.off('readable', answered);
        socket.off('close', gone);
      };
      const answered = () => {
        settle();
        resolve(socket);
      };
      const gone = () => {
        settle();
        socket.destroy();
        reject(new PortClosedError(port));
      };
      socket.once('readable', answered);
      socket.once('close', gone);
      socket.write(`${port}\n`);
    });
  }

  #next(port: number): Promise<Socket> {
    const socket = this.#idle.shift();
    if (socket) return Promise.resolve(socket);
    return new Promise((resolve, reject) => {
      const taken = (offered: Socket) => {
        clearTimeout(timer);
        resolve(offered);
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(taken), 1);
        reject(new PortClosedError(port));
      }, WAIT_MS);
      this.#waiting.push(taken);
    });
  }
}

/** The ports of this machine, where commands share its network. */
export const HOST_PORTS: Ports = {
  connect: (port) =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: 'localhost', autoSelectFamily: true });
      socket.once('error', () => reject(new PortClosedError(port)));
      socket.once('connect', () => resolve(socket));
    }),
  listening: async () => undefined,
  close: async () => {},
};
