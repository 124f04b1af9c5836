import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { openSandbox } from './index.ts';
import { NetworkProxy } from './network-proxy.ts';
import { isLoopback, isPrivateAddress } from './public-lookup.ts';

async function server(said: string): Promise<{ port: number; seen: string[] }> {
  const seen: string[] = [];
  const running: Server = createServer((request, response) => {
    seen.push(`${request.method} ${request.headers.host}${request.url}`);
    response.end(said);
  });
  await new Promise<void>((resolve) => running.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void running.close());
  return { port: (running.address() as AddressInfo).port, seen };
}

async function sandbox(allowed: string[]) {
  const opened = await openSandbox('workspace-write', {
    root: temporaryFolder(),
    network: { allows: (host) => allowed.includes(host) },
  });
  onTestFinished(() => opened.dispose());
  const bash = (command: string) => opened.exec(['bash', '-c', command], { timeoutMs: 20_000 });
  return { bash };
}

/** Asks the proxy as programs do, without one: a request for an address, or a tunnel. */
const ask = (first: string, rest = '') =>
  `exec 3<>/dev/tcp/127.0.0.1/3128; printf '${first}\\r\\n\\r\\n${rest}' >&3; timeout 5 cat <&3`;

test('a command reaches allowed hosts by the proxy, and no other in any way', async () => {
  const { port, seen } = await server('hello from outside');
  const { bash } = await sandbox(['127.0.0.1']);
  const allowed = await bash(
    ask(`GET http://127.0.0.1:${port}/x HTTP/1.1\\r\\nHost: a\\r\\nConnection: close`),
  );
  expect(allowed.output).toContain('hello from outside');
  expect(seen).toEqual([`GET 127.0.0.1:${port}/x`]);
  const tunnel = await bash(ask(`CONNECT 127.0.0.1:${port} HTTP/1.1`, `GET /y HTTP/1.0\\r\\n\\r\\n`));
  expect(tunnel.output).toContain('200 Connection Established');
  expect(tunnel.output).toContain('hello from outside');
  const direct = await bash(`exec 3<>/dev/tcp/127.0.0.1/${port}`);
  expect(direct.exitCode).not.toBe(0);
  expect(seen).toHaveLength(2);
});

test.each([
  ['another host', 'GET http://example.com/ HTTP/1.1\\r\\nHost: example.com', /403/],
  ['a tunnel to another host', 'CONNECT example.com:443 HTTP/1.1', /403 Forbidden/],
  ['a name that hides behind an allowed one', 'CONNECT allowed.test.evil.com:443 HTTP/1.1', /403/],
  ['an allowed name in the header only', 'GET http://evil.com/ HTTP/1.1\\r\\nHost: allowed.test', /403/],
  ['no address', 'GET / HTTP/1.1\\r\\nHost: allowed.test', /403/],
  ['an allowed name that stands for this machine', 'CONNECT localhost.allowed.test:80 HTTP/1.1', /403|502/],
])('%s is refused in words', async (_, first, wanted) => {
  const { bash } = await sandbox(['allowed.test']);
  expect((await bash(ask(`${first}\\r\\nConnection: close`))).output).toMatch(wanted);
});

test('the exit code, the output and the environment are those of the command', async () => {
  const { bash } = await sandbox(['allowed.test']);
  expect(await bash('echo $HTTPS_PROXY; exit 7')).toMatchObject({
    exitCode: 7,
    output: 'http://127.0.0.1:3128\n',
  });
  expect((await bash('kill -9 $$')).exitCode).not.toBe(0);
  // What Kino is, and where it lies, is not to be seen.
  expect((await bash('ls -A /tmp/.kino')).output).toBe('bridge.mts\nproxy\n');
});

/** What a proxy with a way to loopback answers to a request for an app that says `said` to everything. */
async function through(said: string, request: string): Promise<string> {
  const app = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(said));
  });
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void app.close());
  const proxy = new NetworkProxy({
    allows: () => true,
    local: async () => connect((app.address() as AddressInfo).port, '127.0.0.1'),
  });
  onTestFinished(() => proxy.close());
  const client = connect((await proxy.place()).socket);
  client.on('error', () => {});
  client.write(request);
  return text(client).catch(() => '');
}

test.each([
  ['a status that there is none of', 'HTTP/1.1 000 X\r\ncontent-length: 0\r\n\r\n', /^HTTP\/1\.1 502/],
  ['a trailer without pieces', 'HTTP/1.1 200 OK\r\ntrailer: x\r\ncontent-length: 2\r\n\r\nok', /\r\n\r\nok$/],
  ['no HTTP at all', 'hello\r\n\r\n', /^HTTP\/1\.1 502/],
])('%s from an app harms nobody but its reader', async (_, said, expected) => {
  const answer = await through(
    said,
    'GET http://localhost:80/ HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
  );
  expect(answer).toMatch(expected);
});

test('a trailer that a page announces and does not send, too', async () => {
  const answer = await through(
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
    'GET http://localhost/ HTTP/1.1\r\nhost: a\r\ntrailer: x\r\nconnection: close\r\n\r\n',
  );
  expect(answer).toMatch(/ok$/);
});

test('every name and address of this machine is loopback, and no other', () => {
  const own = ['localhost', 'a.localhost', 'LOCALHOST.', '127.0.0.1', '127.9.9.9', '0.0.0.0', '::1', '::'];
  for (const host of [...own, '::ffff:127.0.0.1', '::ffff:7f00:1']) expect(isLoopback(host), host).toBe(true);
  for (const host of [
    'localhost.evil.example',
    '128.0.0.1',
    '10.0.0.1',
    '::2',
    '::ffff:a00:1',
    'example.com',
  ])
    expect(isLoopback(host), host).toBe(false);
  for (const host of ['::ffff:7f00:1', '::ffff:a00:1', '::ffff:10.0.0.1', '169.254.169.254'])
    expect(isPrivateAddress(host), host).toBe(true);
  expect(isPrivateAddress('::ffff:808:808')).toBe(false);
});
