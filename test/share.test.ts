import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openPage, sharedBrowser, violations } from './support/browser.ts';
import { kino } from './support/cli.ts';
import { type ModelServer, startModelServer, type Turn } from './support/model-server.ts';
import { createRepository } from './support/repository.ts';
import { startServing } from './support/serving.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const browserOf = sharedBrowser();
let model: ModelServer | undefined;
afterEach(() => model?.close());

const TOKEN = `ghp_${'a1B2'.repeat(9)}`;
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAECAIAAAA8r+mnAAAAEUlEQVR4nGP8z4AdMOEQH8oSAEFIAQfPsrScAAAAAElFTkSuQmCC';

function turnFor({ body }: { body: Record<string, unknown> }): Turn {
  const said = JSON.stringify(body.messages);
  if (said.includes('walkthrough is written')) return { text: `Done: ${TOKEN}` };
  if (said.includes('shot is written'))
    return {
      calls: [
        {
          name: 'write_artifact',
          args: {
            name: 'walkthrough',
            content: `# It works <script>window.hacked=1</script></script><!--\n\nWith ${TOKEN}.\n\n![shot](artifact:shot)\n\n\`\`\`mermaid\ngraph LR; A-->B\n\`\`\``,
          },
        },
      ],
    };
  if (said.includes('"role":"tool"'))
    return { calls: [{ name: 'write_artifact', args: { name: 'shot', file: 's.png' } }] };
  return {
    calls: [{ name: 'bash', args: { command: `cat .env; pwd; printf %s ${PNG} | base64 -d > s.png` } }],
  };
}

async function begin() {
  model = await startModelServer(turnFor);
  const { path: folder } = createRepository([{ message: 'first', files: { 'a.js': '1\n' } }]);
  writeFileSync(join(folder, '.env'), 'INNER_NAME="the quiet river"\nSHORT=1\n');
  await kino(['trust'], { cwd: folder });
  const args = ['--model', 'openai-compatible/scripted', '--base-url', `${model.url}/v1`];
  const ran = await kino(['run', 'show it', '--output', 'json', ...args], { cwd: folder });
  return { folder, args, thread: (JSON.parse(ran.stdout) as { thread: string }).thread };
}

function isClean(page: string, folder: string): void {
  for (const secret of [TOKEN, 'the quiet river', folder]) expect(page).not.toContain(secret);
}

describe('what is shared', () => {
  test('is one page without secrets; what was scrubbed is said before', async (context) => {
    const { folder, thread } = await begin();
    const share = (...more: string[]) => kino(['share', ...more], { cwd: folder });
    const dry = await share(thread, '--dry-run');
    expect(dry.stdout).toMatch(/GitHub token +ghp_… +\d/);
    expect(dry.stdout).toMatch(/INNER_NAME +the… +1/);
    isClean(dry.stdout, 'no folder');
    expect(await share(thread, '--artifact', 'none')).toMatchObject({ code: 2 });
    const out = join(folder, 'shared.html');
    const { stdout } = await share('--hide', 'echo', thread, '--out', out, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ thread, file: out });
    const page = readFileSync(out, 'utf8');
    isClean(page, folder);
    expect(page).toContain(PNG);
    expect(page).not.toMatch(/(?:src|href)="https?:/);
    const browser = browserOf();
    if (!browser) return context.skip();
    const { page: shown, problems } = await openPage(browser, { url: pathToFileURL(out).href });
    await shown.getByRole('heading', { name: 'show it' }).waitFor();
    await shown.getByAltText('shot', { exact: true }).first().waitFor();
    await shown.getByText('graph LR; A-->B').waitFor();
    expect(await shown.evaluate('window.hacked')).toBeUndefined();
    expect(await violations(shown)).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('over the server is for whoever has the link, until it is revoked, and reaches nothing else', async (context) => {
    const { folder, args, thread } = await begin();
    const served = await startServing(args);
    const { json } = await served.ask(`/api/threads/${thread}/share/link`, { artifact: 'walkthrough' });
    const link = `${served.origin}${json.path}`;
    const answer = await fetch(link);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-security-policy')).toMatch(
      /^sandbox allow-scripts allow-downloads; default-src 'none'/,
    );
    const text = await answer.text();
    isClean(text, folder);
    expect(text).not.toContain('show it');
    for (const path of ['/shared/', `/shared/${'x'.repeat(43)}`, '/shared/..%2f..%2fkino.db'])
      expect((await fetch(served.origin + path)).status, path).toBeGreaterThanOrEqual(400);
    const { shares } = (await served.ask('/api/shares')).json;
    expect(shares).toMatchObject([{ thread, artifact: 'walkthrough', title: expect.any(String) }]);
    expect(JSON.stringify(shares)).not.toContain(json.path.split('/').at(-1));

    const browser = browserOf();
    if (browser) {
      const { page, problems } = await openPage(browser, { url: link });
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      expect(await page.evaluate('origin')).toBe('null');
      expect(problems).toEqual([]);
    }
    await served.ask(`/api/shares/${shares[0].id}`, undefined, 'DELETE');
    expect((await fetch(link)).status).toBe(404);
    expect(await served.ask('/api/shares/none', undefined, 'DELETE')).toMatchObject({ status: 404 });
    if (!browser) context.skip();
  });

  test('from the page: looked through, then saved', async (context) => {
    const browser = browserOf();
    if (!browser) return context.skip();
    const { folder, args, thread } = await begin();
    const served = await startServing(args);
    const { page, problems } = await openPage(browser, served);
    await page.goto(`${served.origin}/thread/${thread}`);
    await page.getByRole('button', { name: 'Share' }).click();
    await page.getByRole('button', { name: 'See what is scrubbed' }).click();
    await page.getByText('GitHub token').waitFor();
    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save as a file' }).click(),
    ]);
    isClean(readFileSync(await saved.path(), 'utf8'), folder);
    expect(problems).toEqual([]);
  });
});
