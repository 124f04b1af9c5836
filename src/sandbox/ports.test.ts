import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { openSandbox } from './index.ts';

const SERVER = `
import { createServer } from 'node:net';
for (const [port, host] of [[4711, '127.0.0.1'], [4712, '::1']])
  createServer((socket) => socket.once('data', (said) => socket.end('heard ' + said))).listen(port, host);
`;

async function served(name: 'workspace-write' | 'read-only' = 'workspace-write', network = false) {
  const sandbox = await openSandbox(name, {
    root: temporaryFolder(),
    ...(network && { network: { allows: () => false } }),
  });
  onTestFinished(() => sandbox.dispose());
  const ports = (await sandbox.openPorts!())!;
  const running = sandbox.exec([process.execPath, '--input-type=module', '-e', SERVER], { ports });
  onTestFinished(() => ports.close());
  await expect.poll(() => ports.listening(), { timeout: 10_000 }).toEqual([4711, 4712]);
  return { sandbox, ports, running };
}

test('what a command listens on, by either family, is found and reached from outside, many at once', async () => {
  const { ports } = await served();
  const said = await Promise.all(
    Array.from({ length: 30 }, async (_, at) => {
      const socket = await ports.connect(at % 2 === 0 ? 4711 : 4712);
      socket.write(String(at));
      return text(socket);
    }),
  );
  expect(said).toEqual(said.map((_, at) => `heard ${at}`));
  await expect(ports.connect(4713)).rejects.toThrow('Nothing listens on port 4713.');
  // Its own network: what listens there does not here.
  await expect(fetch('http://127.0.0.1:4711')).rejects.toThrow();
});

test('with the way out as well, which is not among the ports', async () => {
  const { ports } = await served('workspace-write', true);
  const socket = await ports.connect(4711);
  socket.write('x');
  expect(await text(socket)).toBe('heard x');
});

test('when the command has ended, nothing listens', async () => {
  const { sandbox, ports, running } = await served();
  await sandbox.dispose();
  await running;
  expect(await ports.listening()).toEqual([]);
});

test.each([
  [
    'without end',
    "const more = () => { while (s.write('x'.repeat(65536))); s.once('drain', more); }; s.write('+'); more();",
  ],
  ['with what is no list', 's.end(\'+{"a":1}\')'],
  ['and falls silent', "s.write('+[')"],
])(
  'whoever answers in the bridge’s place %s is not listened to for long',
  async (_, answer) => {
    const sandbox = await openSandbox('workspace-write', { root: temporaryFolder() });
    onTestFinished(() => sandbox.dispose());
    const ports = (await sandbox.openPorts!())!;
    onTestFinished(() => ports.close());
    // More of them than the bridge itself offers.
    const forged = `
    import { connect } from 'node:net';
    for (let at = 0; at < 20; at++) {
      const s = connect('/tmp/.kino/ports');
      s.on('error', () => {});
      s.once('data', () => { ${answer} });
    }
    setTimeout(() => {}, 60_000);`;
    const running = sandbox.exec([process.execPath, '--input-type=module', '-e', forged], { ports });
    running.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    for (let at = 0; at < 2; at++) expect(await ports.listening()).toEqual([]);
    expect(process.memoryUsage().rss).toBeLessThan(1024 ** 3);
  },
  60_000,
);
