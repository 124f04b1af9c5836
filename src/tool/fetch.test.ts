import { lookup } from 'node:dns/promises';
import { readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { toolState } from '../../test/support/tool-state.ts';
import { isPrivateAddress, openSandbox } from '../sandbox/index.ts';
import { fetchTool, redirectProblem } from './fetch.ts';
import { inputSchemaOf, type ToolContext } from './tool.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A web server on this machine, with an answer for each path. */
async function serve(pages: Record<string, Answer>, host = '127.0.0.1') {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    const answer = pages[request.url!];
    if (answer) answer(request, response);
    else response.writeHead(404, { 'content-type': 'text/plain' }).end('no such page');
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, asked, url: (path: string) => `http://127.0.0.1:${port}${path}` };
}

/** The tool at work in an empty workspace. */
async function fetcher(more: Partial<ToolContext> = {}) {
  const root = temporaryFolder();
  const sandbox = await openSandbox('danger-full-access', { root });
  onTestFinished(() => sandbox.dispose());
  const signal = new AbortController().signal;
  const context = { sandbox, signal, newOutputFile: () => join(root, 'output'), ...toolState(), ...more };
  return (url: string) => fetchTool.run({ url }, context);
}

const page =
  (type: string, body: string | Buffer): Answer =>
  (_, response) =>
    response.writeHead(200, { 'content-type': type }).end(body);
const leadsTo =
  (location: string, status = 302): Answer =>
  (_, response) =>
    response.writeHead(status, { location }).end('moved');
const ok = (output: string) => ({ ok: true, output });
const failed = (output: string) => ({ ok: false, output });

test('only addresses of the web are taken', () => {
  const sound = (url: string) => fetchTool.input.safeParse({ url }).success;
  expect(['http://a.b/', 'https://a.b/c?d#e'].map(sound)).toEqual([true, true]);
  expect(['file:///etc/passwd', 'ftp://a.b/', 'a.b', ''].map(sound)).toEqual([false, false, false, false]);
  expect(inputSchemaOf(fetchTool as never)).toMatchObject({ required: ['url'] });
});

test('text comes as it is', async () => {
  const { url } = await serve({
    '/a': page('text/plain', 'a < b\n'),
    '/b': page('application/json', '{"a":1}'),
  });
  const fetch = await fetcher();
  expect(await fetch(url('/a'))).toEqual(ok('a < b'));
  expect(await fetch(url('/b'))).toEqual(ok('{"a":1}'));
});

test('the request says who asks and for what', async () => {
  const { url } = await serve({
    '/': ({ headers }, response) => response.end(`${headers['user-agent']} ${headers['accept-encoding']}`),
  });
  expect(await (await fetcher())(url('/'))).toEqual(ok('kino identity'));
});

const HTML = `<!doctype html>
<html><head><title>T</title><style>p { color: red }</style><script>evil()</script></head>
<body><nav>menu</nav><form><h1>Head</h1><p>Some <b>bold</b> <a href="/x">link</a>.</p></form>
<ul><li>one</li></ul><pre><code class="language-ts">let a;\n</code></pre><script>evil()</script><footer>end</footer></body></html>`;

test.each([
  ['says so', 'text/html; charset=utf-8'],
  ['begins like one', ''],
])('a page that %s becomes Markdown', async (_, type) => {
  const { url } = await serve({ '/': page(type, HTML) });
  const { ok: isOk, output } = await (await fetcher())(url('/'));
  expect(isOk).toBe(true);
  expect(output).toContain('# Head\n\nSome **bold** [link](/x).');
  expect(output).toMatch(/^- {3}one$/m);
  expect(output).toContain('```ts\nlet a;\n```');
  expect(output).not.toMatch(/evil|color: red|menu|end/);
});

test.each([
  ['in its type', 'text/plain; charset=iso-8859-1', 'caf\xe9'],
  ['in its head', 'text/html', '<meta charset="latin1"><p>caf\xe9</p>'],
])('a page that names its character set %s is read in it', async (_, type, body) => {
  const { url } = await serve({ '/': page(type, Buffer.from(body, 'latin1')) });
  expect(await (await fetcher())(url('/'))).toEqual(ok('café'));
});

test('a character set that nobody knows is taken for UTF-8', async () => {
  const { url } = await serve({ '/': page('text/plain; charset=klingon', 'café') });
  expect(await (await fetcher())(url('/'))).toEqual(ok('café'));
});

test('a page that is built to break the conversion is shown as it is', async () => {
  const html = `${'<div>'.repeat(4_000)}x`;
  const { url } = await serve({ '/': page('text/html', html) });
  expect(await (await fetcher())(url('/'))).toEqual(ok(html));
});

test('an empty page is told', async () => {
  const { url } = await serve({
    '/': (_, response) => response.writeHead(204).end(),
    '/b': page('text/html', ' '),
  });
  const fetch = await fetcher();
  expect(await fetch(url('/'))).toEqual(ok('[an empty page]'));
  expect(await fetch(url('/b'))).toEqual(ok('[an empty page]'));
});

test('a long page is cut, and is whole in the output file', async () => {
  const text = Array.from({ length: 5_000 }, (_, i) => `line ${i} 😀`).join('\n');
  const { url } = await serve({ '/': page('text/plain', text) });
  const { output, outputFile } = await (await fetcher())(url('/'));
  expect(output.length).toBeLessThan(25_000);
  expect(output).toMatch(/^line 0 😀\n[\s\S]*\[… \d+ lines, \d+ characters cut …\][\s\S]*\nline 4999 😀$/);
  expect(readFileSync(outputFile!, 'utf8')).toBe(text);
  expect(statSync(outputFile!).mode & 0o777).toBe(0o600);
});

test('what is no text is refused', async () => {
  const { url } = await serve({
    '/a.png': page('image/png', Buffer.from([137, 80, 0, 1])),
    '/b': (_, response) => response.end(Buffer.alloc(9)),
    '/c.pdf': page('application/pdf', '%PDF-1.7 broken'),
  });
  const fetch = await fetcher();
  expect(await fetch(url('/a.png'))).toEqual(failed(`${url('/a.png')} is no text (image/png, 4 bytes).`));
  expect(await fetch(url('/b'))).toEqual(failed(`${url('/b')} is no text (unknown type, 9 bytes).`));
  const pdf = await fetch(url('/c.pdf'));
  expect(pdf).toEqual(failed(expect.stringMatching(/\/c\.pdf: The PDF cannot be read \(.*\)\.$/) as never));
});

test('a page that answers with an error is a failure that shows what the server says', async () => {
  const { url } = await serve({
    '/broken': (_, response) =>
      response.writeHead(500, { 'content-type': 'text/html' }).end('<h1>Oh</h1><script>evil()</script>'),
    '/long': (_, response) => response.writeHead(403).end('x'.repeat(5_000)),
    '/pdf': (_, response) => response.writeHead(410).end('%PDF-1.7 broken'),
    '/quiet': (_, response) => response.writeHead(401).end(),
  });
  const fetch = await fetcher();
  expect(await fetch(url('/gone'))).toEqual(failed(`${url('/gone')} answered 404.\nno such page`));
  expect(await fetch(url('/broken'))).toEqual(failed(`${url('/broken')} answered 500.\n# Oh`));
  expect(await fetch(url('/pdf'))).toEqual(failed(`${url('/pdf')} answered 410.`));
  expect(await fetch(url('/quiet'))).toEqual(failed(`${url('/quiet')} answered 401.`));
  expect((await fetch(url('/long'))).output.length).toBeLessThan(1_200);
});

test.each([301, 302, 303, 307, 308])('a redirection (%d) on the same host is followed', async (status) => {
  const { url, asked } = await serve({ '/a': leadsTo('b/c', status), '/b/c': page('text/plain', 'there') });
  const fetch = await fetcher({ allows: { write: () => false, fetch: () => false } });
  expect(await fetch(url('/a'))).toEqual(ok('there'));
  expect(asked).toEqual(['/a', '/b/c']);
});

test('a redirection to another host is followed only where that host is allowed', async () => {
  const { url, asked, port } = await serve({
    '/a': (_, response) => leadsTo(`http://localhost:${port}/b`)(_, response),
    '/b': page('text/plain', 'there'),
  });
  const hosts: string[] = [];
  const allow = (isAllowed: boolean) => ({
    allows: { write: () => false, fetch: (host: string) => hosts.push(host) > 0 && isAllowed },
  });
  expect(await (await fetcher(allow(false)))(url('/a'))).toEqual(
    failed(
      `It leads on to http://localhost:${port}/b; that host is not allowed. Fetch it by itself to be asked.`,
    ),
  );
  expect(asked).toEqual(['/a']);
  expect(await (await fetcher(allow(true)))(url('/a'))).toEqual(ok('there'));
  expect(hosts).toEqual(['localhost', 'localhost']);
});

test('a redirection that never ends is given up', async () => {
  const { url, asked } = await serve({ '/a': leadsTo('/b'), '/b': leadsTo('/a') });
  expect(await (await fetcher())(url('/a'))).toEqual(failed(`${url('/a')} leads on more than 5 times.`));
  expect(asked).toHaveLength(6);
});

test('a redirection away from the web, or to nowhere, is not followed', async () => {
  const { url } = await serve({ '/a': leadsTo('file:///etc/passwd'), '/b': leadsTo('http://[') });
  const fetch = await fetcher();
  expect(await fetch(url('/a'))).toEqual(failed('It leads on to file: and was not followed.'));
  expect((await fetch(url('/b'))).output).toMatch(
    /^127\.0\.0\.1:\d+ could not be reached \(ERR_INVALID_URL\)\.$/,
  );
});

test.each([
  ['http://127.0.0.1/', 'http://10.0.0.1/', undefined],
  ['https://example.com/a', 'http://example.com:81/b', undefined],
  ['https://example.com/', 'https://example.org/', undefined],
  ['https://example.com/', 'http://127.0.0.1/', /on this machine or its network/],
  ['https://example.com/', 'http://localhost:8080/', /on this machine or its network/],
  ['https://example.com/', 'http://169.254.169.254/latest/meta-data/', /on this machine or its network/],
  ['https://example.com/', 'http://2130706433/', /on this machine or its network/],
  ['https://example.com/', 'http://[::1]/', /on this machine or its network/],
  ['https://example.com/', 'http://[::ffff:10.0.0.1]/', /on this machine or its network/],
  ['https://example.com/', 'http://93.184.216.34/', undefined],
  ['https://example.com/', 'javascript:alert(1)', /^It leads on to javascript: and was not followed\.$/],
])('where any host is allowed, what %s leads to at %s is judged', (first, next, problem) => {
  const found = redirectProblem(new URL(first), new URL(next), { write: () => true, fetch: () => true });
  expect(redirectProblem(new URL(first), new URL(next), undefined)).toBe(found);
  if (problem) expect(found).toMatch(problem);
  else expect(found).toBeUndefined();
});

test('a body that never ends is not read for ever', async () => {
  const { url } = await serve({
    '/': (_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 'x')));
      };
      response.on('drain', more);
      more();
    },
  });
  expect(await (await fetcher())(url('/'))).toEqual(failed(`${url('/')} is larger than 8 MiB.`));
});

test('a server that is not there, or that hangs up, is told', async () => {
  const { url } = await serve({
    '/cut': (_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half');
      setImmediate(() => response.destroy());
    },
  });
  const fetch = await fetcher();
  expect((await fetch(url('/cut'))).output).toMatch(
    /^127\.0\.0\.1:\d+ could not be reached \(ECONNRESET\)\.$/,
  );
  // Port 1 belongs to nobody.
  expect(await fetch('http://127.0.0.1:1/')).toEqual(
    failed('127.0.0.1:1 could not be reached (ECONNREFUSED).'),
  );
});

test.each([
  ['before it answers', (_response: ServerResponse) => {}],
  ['in the middle of its answer', (response: ServerResponse) => response.write('half')],
])('a server that hangs %s is left when the work is stopped', async (_, answer) => {
  const stop = new AbortController();
  const { url, port } = await serve({
    '/': (_request, response) => {
      answer(response);
      setTimeout(() => stop.abort(), 50);
    },
  });
  const fetch = await fetcher({ signal: stop.signal });
  expect(await fetch(url('/'))).toEqual(
    failed(`127.0.0.1:${port} was not waited for: the work was stopped.`),
  );
});

test('a name that stands for this machine is refused, and nothing is asked', async ({ skip }) => {
  const found = await lookup(hostname(), { all: true }).catch(() => []);
  if (hostname() === 'localhost' || !found.some(({ address }) => isPrivateAddress(address))) skip();
  const { port, asked } = await serve({ '/': page('text/plain', 'secret') }, '0.0.0.0');
  const { output } = await (await fetcher())(`http://${hostname()}:${port}/`);
  expect(output).toMatch(/could not be reached \(the name stands for a private address\)\.$/);
  expect(asked).toEqual([]);
});

test.each([
  ['0.0.0.0', true],
  ['10.1.2.3', true],
  ['100.64.0.1', true],
  ['127.0.0.1', true],
  ['127.255.255.254', true],
  ['169.254.169.254', true],
  ['172.16.0.1', true],
  ['172.31.255.255', true],
  ['192.0.0.1', true],
  ['192.168.1.1', true],
  ['198.18.0.1', true],
  ['224.0.0.1', true],
  ['255.255.255.255', true],
  ['::', true],
  ['::1', true],
  ['::7f00:1', true],
  ['::ffff:127.0.0.1', true],
  ['::ffff:7f00:1', true],
  ['::FFFF:10.0.0.1', true],
  ['64:ff9b::a00:1', true],
  ['64:ff9b:1::a00:1', true],
  ['2002:7f00:1::', true],
  ['fc00::1', true],
  ['fdff::1', true],
  ['fe80::1', true],
  ['fe80::1%eth0', true],
  ['fec0::1', true],
  ['ff02::1', true],
  ['1.1.1.1', false],
  ['8.8.8.8', false],
  ['100.63.255.255', false],
  ['100.128.0.1', false],
  ['172.15.0.1', false],
  ['172.32.0.1', false],
  ['193.168.1.1', false],
  ['223.255.255.255', false],
  ['::ffff:8.8.8.8', false],
  ['::ffff:808:808', false],
  ['2001:4860:4860::8888', false],
  ['2606:4700::1111', false],
])('of %s it is known that being private is %s', (address, expected) => {
  expect(isPrivateAddress(address)).toBe(expected);
});
