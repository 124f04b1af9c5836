/**
 * Runs inside the sandbox, where there is no network but loopback, and runs the command. Connections to a local port it
 * passes on to the proxy's socket; and it offers connections to whoever waits outside for the ports that the command
 * listens on. It imports nothing of Kino: it is the only file of Kino that the sandbox shows.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';

interface BridgeConfig {
  /** The way out: what is connected to `port` goes on to `socket`. */
  proxy?: { socket: string; port: number };
  /** The way in: whoever listens on this socket may ask for ports. */
  ports?: { socket: string };
  /** File descriptors that the command gets besides the first three. */
  keep?: number;
}

const [text = '{}', program = '', ...args] = process.argv.slice(2);
const { proxy, ports, keep = 0 } = JSON.parse(text) as BridgeConfig;
/** So many connections wait to be asked for a port. */
const OFFERED = 4;

function run(): void {
  const stdio = [
    'inherit',
    'inherit',
    'inherit',
    ...Array.from({ length: keep }, (_, at) => at + 3),
  ] as const;
  const child = spawn(program, args, { stdio: [...stdio] });
  child.on('error', (error) => {
    process.stderr.write(`${program} could not be started: ${error.message}\n`);
    process.exit(127);
  });
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGKILL' ? 137 : 143)));
}

function join(one: Socket, other: Socket): void {
  one.pipe(other).pipe(one);
  one.on('error', () => other.destroy());
  other.on('error', () => one.destroy());
  // What was passed on is still on its way.
  one.on('close', () => other.destroySoon());
  other.on('close', () => one.destroySoon());
}

/** Waits for a line with a port, and joins whoever sent it with what listens there; of port 0 it tells which ones do. */
function offer(socket: string): void {
  const outside = connect(socket);
  // Nobody waits any more.
  outside.on('error', () => {});
  let line = '';
  const listen = (chunk: Buffer) => {
    line += chunk.toString('latin1');
    const end = line.indexOf('\n');
    if (end === -1) return;
    outside.off('data', listen);
    outside.pause();
    offer(socket);
    const port = Number(line.slice(0, end));
    if (port === 0) outside.end(`+${JSON.stringify(listening())}`);
    else dial(port, ['127.0.0.1', '::1'], outside, Buffer.from(line.slice(end + 1), 'latin1'));
  };
  outside.on('data', listen);
}

function dial(port: number, [host, ...others]: readonly string[], outside: Socket, first: Buffer): void {
  if (host === undefined) {
    outside.end('-');
    return;
  }
  const inside = connect(port, host);
  inside.once('error', () => dial(port, others, outside, first));
  inside.once('connect', () => {
    inside.removeAllListeners('error');
    outside.write('+');
    if (first.length > 0) inside.write(first);
    join(outside, inside);
  });
}

/** The ports that somebody listens on in here. */
function listening(): number[] {
  const found = new Set<number>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    let rows: string[];
    try {
      rows = readFileSync(table, 'utf8').trim().split('\n').slice(1);
    } catch {
      continue;
    }
    for (const row of rows) {
      const [, local = '', , state] = row.trim().split(/\s+/);
      const port = Number.parseInt(local.split(':')[1] ?? '', 16);
      if (state === '0A' && port !== proxy?.port) found.add(port);
    }
  }
  return [...found].sort((a, b) => a - b);
}

if (ports) for (let at = 0; at < OFFERED; at++) offer(ports.socket);
if (proxy) {
  const server = createServer((client) => join(client, connect(proxy.socket)));
  server.listen(proxy.port, '127.0.0.1', run);
} else run();
