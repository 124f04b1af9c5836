import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { join } from 'node:path';
import { type OpenSession, openSession } from '../../agent/index.ts';
import { type Ports, temporaryFolder } from '../../sandbox/index.ts';
import { Shell, type ShellJob } from '../../tool/index.ts';
import { RequestError } from '../errors.ts';
import { type AppTarget, passOn, passUpgrade } from './app-proxy.ts';
import { serveStatic } from './static-app.ts';

/** An app that is shown beside its thread. */
export interface PreviewState {
  /** `starting` until something listens; `ended` when the command has. */
  state: 'starting' | 'running' | 'ended';
  /** Where it is shown: an origin of its own, with a name that nobody can guess. */
  url?: string;
  port?: number;
  /** The command that serves it; absent for pages that need none. */
  command?: string;
  /** It tells its pages of changes by itself. */
  isLive: boolean;
  /** The end of what the command has printed. */
  output: string;
}

interface Preview {
  secret: string;
  command?: string;
  /** Absent until something listens. */
  target?: AppTarget;
  job?: ShellJob;
  output?: string;
  sockets: number;
  close(): Promise<void>;
}

const MAX_OUTPUT = 4_000;
/** An address in what a command prints. */
const ADDRESS = /https?:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?::(\d+))/g;

/** Apps that are shown, by thread, all at one port: each has a name below `localhost`, which leads here alone. */
export class Previews {
  readonly #previews = new Map<string, Preview>();
  /** What is being started or stopped of a thread: one after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #server: Promise<{ server: Server; port: number }> | undefined;

  /** The port that they are shown at. */
  async port(): Promise<number> {
    this.#server ??= this.#listen();
    return (await this.#server).port;
  }

  /** Starts a command that serves the app, in a sandbox of its own; without one pages are served as they lie there. */
  start(thread: string, folder: string, command: string | undefined): Promise<void> {
    return this.#inTurn(thread, () => this.#start(thread, folder, command));
  }

  async #start(thread: string, folder: string, command: string | undefined): Promise<void> {
    await this.#stop(thread);
    const secret = randomBytes(12).toString('hex');
    if (command === undefined) {
      const pages = await serveStatic(folder);
      if (!pages) throw new RequestError(409, 'There is no index.html to show; say which command serves it.');
      const target = { port: pages.port, connect: () => pages.connect(pages.port) };
      this.#previews.set(thread, { secret, target, sockets: 0, close: () => pages.close() });
      return;
    }
    const outputs = await temporaryFolder('preview');
    let open: OpenSession | undefined;
    try {
      open = await openSession({ folder, thread: `preview-${secret}` });
      const own = open;
      const output = join(outputs, 'output');
      const job = await new Shell().start(command, own.sandbox, output);
      this.#previews.set(thread, {
        ...{ secret, command, job, output, sockets: 0 },
        close: () => end(own, outputs),
      });
    } catch (error) {
      await open?.dispose();
      await rm(outputs, { recursive: true, force: true });
      throw error;
    }
  }

  /** Shows what a background job of an agent serves. */
  show(thread: string, job: ShellJob, port: number): Promise<void> {
    const ports = job.ports!;
    return this.#inTurn(thread, async () => {
      await this.#stop(thread);
      this.#previews.set(thread, {
        secret: randomBytes(12).toString('hex'),
        ...{ command: job.command, job, sockets: 0 },
        target: { port, connect: () => ports.connect(port) },
        close: async () => {},
      });
    });
  }

  #inTurn(thread: string, work: () => Promise<void>): Promise<void> {
    const mine = (this.#turns.get(thread) ?? Promise.resolve()).then(work);
    const done = mine.catch(() => {});
    this.#turns.set(thread, done);
    void done.then(() => {
      if (this.#turns.get(thread) === done) this.#turns.delete(thread);
    });
    return mine;
  }

  async state(thread: string): Promise<PreviewState | undefined> {
    const preview = this.#previews.get(thread);
    if (!preview) return undefined;
    const { secret, command, job, sockets } = preview;
    const output = preview.output === undefined ? '' : await readFile(preview.output, 'utf8').catch(() => '');
    const isOver = job?.ended !== undefined;
    if (!preview.target && !isOver && job?.ports) {
      const target = await targetOf(job.ports, output);
      if (target) preview.target = target;
    }
    const shown = preview.target && !isOver ? preview.target : undefined;
    return {
      state: isOver ? 'ended' : shown ? 'running' : 'starting',
      ...(shown && { url: `http://${secret}.localhost:${await this.port()}/`, port: shown.port }),
      ...(command !== undefined && { command }),
      isLive: sockets > 0,
      output: output.slice(-MAX_OUTPUT),
    };
  }

  stop(thread: string): Promise<void> {
    return this.#inTurn(thread, () => this.#stop(thread));
  }

  async #stop(thread: string): Promise<void> {
    const preview = this.#previews.get(thread);
    this.#previews.delete(thread);
    await preview?.close();
  }

  async close(): Promise<void> {
    await Promise.all(this.#turns.values());
    await Promise.all([...this.#previews.keys()].map((thread) => this.stop(thread)));
    const listening = await this.#server;
    listening?.server.closeAllConnections();
    listening?.server.close();
  }

  async #listen(): Promise<{ server: Server; port: number }> {
    const server = createServer((incoming, response) => {
      const preview = this.#askedBy(incoming);
      if (preview?.target) void passOn(preview.target, incoming, response).catch(() => response.destroy());
      else response.writeHead(404, { 'content-type': 'text/plain' }).end('There is nothing there.\n');
    });
    server.on('upgrade', (incoming, client, head) => {
      const preview = this.#askedBy(incoming);
      if (!preview?.target) return void client.destroy();
      preview.sockets++;
      client.once('close', () => preview.sockets--);
      void passUpgrade(preview.target, incoming, client, head).catch(() => client.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // It is a part of the manager's server, and lasts as long as that.
    server.unref();
    return { server, port: (server.address() as { port: number }).port };
  }

  /** Whoever knows the name is shown the app: pages of others and rebound names do not. */
  #askedBy({ headers }: IncomingMessage): Preview | undefined {
    const secret = /^([0-9a-f]{24})\.localhost:\d+$/.exec(headers.host ?? '')?.[1];
    return [...this.#previews.values()].find((preview) => preview.secret === secret);
  }
}

/** Of what a command listens on the port that it tells of, otherwise the lowest. */
async function targetOf(ports: Ports, output: string): Promise<AppTarget | undefined> {
  const told = [...output.matchAll(ADDRESS)].map(([, port]) => Number(port));
  const listening = await ports.listening();
  const port =
    listening === undefined ? told.at(-1) : (told.findLast((one) => listening.includes(one)) ?? listening[0]);
  if (port === undefined) return undefined;
  return { port, connect: () => ports.connect(port) };
}

async function end(open: OpenSession, outputs: string): Promise<void> {
  await open.dispose();
  await rm(outputs, { recursive: true, force: true });
}
