import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Browser, browserTools, findChromium, type ToolContext } from '../src/tool/index.ts';
import { openPage, sharedBrowser } from './support/browser.ts';
import { kino } from './support/cli.ts';
import {
  type ModelServer,
  type RecordedRequest,
  startModelServer,
  type Turn,
} from './support/model-server.ts';
import { createRepository } from './support/repository.ts';
import { startServing } from './support/serving.ts';
import { temporaryFolder } from './support/temporary.ts';
import { eventsOf } from './support/threads.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const browserOf = sharedBrowser();
let model: ModelServer | undefined;
let reached = 0;
afterEach(() => model?.close());

const SERVER = `
import { createServer } from 'node:http';
createServer((request, response) => {
  response.setHeader('content-type', 'text/html');
  if (request.url !== '/') return response.writeHead(404).end();
  response.end(\`<title>App</title><h1>An app</h1><button>Add</button><p id=p></p><div style="width:500px">wide</div>
<script>
document.querySelector('button').onclick = () => { p.textContent = 'Added.'; console.error('it broke'); fetch('/missing'); };
fetch('http://other.example/'); fetch('http://localhost:__PORT__/', { mode: 'no-cors' }).catch(() => {});
</script>\`);
}).listen(5199, '127.0.0.1');
`;

/** The main agent starts the server and hands on; the browser's agent opens, clicks, looks, tries to get out, reports. */
function turnFor({ body }: RecordedRequest): Turn {
  const messages = body.messages as { role: string; content: unknown }[];
  const system = JSON.stringify(messages[0]!.content);
  const calls = messages.filter(({ role }) => role === 'tool').length;
  const call = (name: string, args: Record<string, unknown>): Turn => ({ calls: [{ name, args }] });
  if (system.includes('real browser'))
    return (
      [
        call('browser_open', { url: 'http://localhost:5199/' }),
        call('browser_act', { do: 'click', target: 'e3' }),
        call('browser_look', { widths: [320, 1280], name: 'app' }),
        call('browser_open', { url: 'http://localhost:9/nothing' }),
        call('browser_open', { url: 'file:///etc/passwd' }),
        call('browser_open', { url: 'http://other.example/' }),
      ][calls] ?? { text: 'It works, with an error.' }
    );
  return (
    [
      call('bash', { command: 'node server.mjs', background: true }),
      call('bash', { command: 'sleep 1' }),
      call('agent', { agent: 'browser', task: 'Check the page at http://localhost:5199/' }),
    ][calls] ?? { text: 'Checked.' }
  );
}

const said = (request: RecordedRequest) => JSON.stringify(request.body.messages);

describe.runIf(findChromium() !== undefined)('a browser', () => {
  test('whose page never rests is ended when the work is stopped, and leaves nothing', async () => {
    const server = createServer((_, response) =>
      response.setHeader('content-type', 'text/html').end('<script>onload = () => { for (;;); }</script>'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const browser = new Browser({
      ...{ root: temporaryFolder(), contained: true, allows: () => false },
      local: async () => connect(port, '127.0.0.1'),
    });
    const [open] = browserTools(browser, async (name) => name);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 3_000);
    const result = await open!.run({ url: 'http://localhost:1234/' }, { signal: stop.signal } as ToolContext);
    expect(result).toEqual({ ok: false, output: 'It was stopped.' });
    await browser.close();
    const left = readdirSync(tmpdir()).filter((name) => name.startsWith(`kino-of-${process.pid}-browser-`));
    expect(left).toEqual([]);
  });
});

describe.runIf(findChromium() !== undefined)('the browser sub-agent', () => {
  test('sees what a background job serves and nothing else of this machine; pictures and recording are artifacts', async (context) => {
    const mine = createServer((_, response) => {
      reached++;
      response.end('mine');
    });
    await new Promise<void>((resolve) => mine.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void mine.close());
    const { port } = mine.address() as AddressInfo;
    model = await startModelServer(turnFor);
    const { path: cwd } = createRepository([
      { message: 'first', files: { 'server.mjs': SERVER.replace('__PORT__', String(port)) } },
    ]);
    const args = ['--model', 'openai-compatible/scripted', '--base-url', `${model.url}/v1`];
    await kino(['trust'], { cwd });
    const ran = await kino(['run', 'check it', '--output', 'json', ...args], { cwd });
    const { thread } = JSON.parse(ran.stdout) as { thread: string };
    const last = model.requests.findLast((request) => said(request).includes('real browser'))!;
    const told = (last.body.messages as { role: string; content: unknown }[])
      .flatMap(({ role, content }) => (role === 'tool' ? [String(content)] : []))
      .join('\n');
    expect(told).toContain('heading "An app" [level=1]');
    expect(told).toContain('paragraph [ref=e5]: Added.');
    expect(told).toContain('console error: it broke');
    expect(told).toContain('status 404: GET http://localhost:5199/missing');
    expect(told).toContain('320 px wide: the page is wider than the window');
    expect(told).toMatch(/url: Invalid|Invalid URL/);
    expect(told).toContain('other.example is not among the allowed hosts');
    expect(reached).toBe(0);
    const artifacts = (await eventsOf(thread)).filter((event) => event.type === 'artifact.written');
    const names = artifacts.map(({ artifact }) => artifact);
    expect(names).toEqual([
      'app-320',
      'app-1280',
      expect.stringMatching(/^browser-\w+-recording$/),
      expect.stringMatching(/^browser-\w+-trace$/),
    ]);
    const recording = artifacts[2]!;
    expect(recording).toMatchObject({ kind: 'recording', mediaType: 'video/webm', version: 1 });
    expect(said(model.requests.at(-1)!)).toContain(`[recorded as artifact:${recording.artifact}`);
    const [group] = readdirSync(join(cwd, '.kino/artifacts'));
    expect(existsSync(join(cwd, '.kino/artifacts', group!, `${recording.artifact}.webm`))).toBe(true);

    const browser = browserOf();
    if (!browser) return context.skip();
    const served = await startServing(args);
    const { page, problems } = await openPage(browser, served);
    await page.goto(`${served.origin}/artifacts/${thread}`);
    const video = page.locator('video').first();
    await video.waitFor();
    await expect.poll(() => video.evaluate((one: HTMLVideoElement) => one.duration)).toBeGreaterThan(0.5);
    const shown = page.getByRole('article').filter({ has: page.locator('video') });
    await shown.getByRole('button', { name: 'Comment on this moment' }).click();
    await shown.getByLabel('Comment', { exact: true }).fill('what is this?');
    await shown.getByRole('button', { name: 'Comment', exact: true }).click();
    await shown.getByText(/at 0\.0 s, 100 × 100 %/).waitFor();
    await page.getByRole('link', { name: /trace\.zip/ }).waitFor();
    expect(problems).toEqual([]);
  });
});
