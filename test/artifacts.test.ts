import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openPage, sharedBrowser, violations } from './support/browser.ts';
import { kino } from './support/cli.ts';
import {
  type ModelServer,
  type RecordedRequest,
  startModelServer,
  type Turn,
} from './support/model-server.ts';
import { createRepository } from './support/repository.ts';
import { startServing } from './support/serving.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const browserOf = sharedBrowser();
let model: ModelServer | undefined;
afterEach(() => model?.close());

/** 8 by 4 pixels. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAECAIAAAA8r+mnAAAAEUlEQVR4nGP8z4AdMOEQH8oSAEFIAQfPsrScAAAAAElFTkSuQmCC';
const WALKTHROUGH = `# What I did

\`\`\`mermaid
graph LR
  A[one] --> B[two]
  click A href "javascript:window.hacked=1"
\`\`\`

\`\`\`mermaid
no diagram <img src=x onerror="window.hacked=2">
\`\`\`

![the page](artifact:home-page)
`;

function turnFor({ body }: RecordedRequest): Turn {
  const said = JSON.stringify(body.messages);
  const comment = /<comment id=\\"(c[0-9a-z]+)\\"/.exec(said)?.[1];
  if (said.includes('Answered.')) return { text: 'All are answered.' };
  if (comment !== undefined)
    return {
      calls: [{ name: 'answer_comment', args: { comment, answer: 'Made it wider.', addressed: true } }],
    };
  if (said.includes('walkthrough is written')) return { text: 'Done.' };
  if (said.includes('home-page is written'))
    return {
      calls: [
        {
          name: 'write_artifact',
          args: { name: 'walkthrough', content: WALKTHROUGH, proof: ['echo 5 passed', 'npm run lint'] },
        },
      ],
    };
  if (said.includes('5 passed'))
    return { calls: [{ name: 'write_artifact', args: { name: 'home-page', file: 'page.png' } }] };
  return {
    calls: [
      { name: 'bash', args: { command: `printf %s ${PNG} | base64 -d > page.png` } },
      { name: 'bash', args: { command: 'echo 5 passed' } },
    ],
  };
}

async function begin() {
  model = await startModelServer(turnFor);
  const { path: folder } = createRepository([{ message: 'first', files: { 'a.js': '1\n' } }]);
  await kino(['trust'], { cwd: folder });
  return { folder, args: ['--model', 'openai-compatible/scripted', '--base-url', `${model.url}/v1`] };
}

describe('artifacts of a session', () => {
  test('a headless session makes them: proof is what was recorded, files lie in the workspace', async () => {
    const { folder, args } = await begin();
    expect(await kino(['run', 'show me', ...args], { cwd: folder })).toMatchObject({ code: 0 });
    const { stdout } = await kino(['artifacts', 'walkthrough'], { cwd: folder });
    expect(stdout).toMatch(/✓ passed, \d+\.\d s\n\n```text\n\$ echo 5 passed\n5 passed/);
    expect(stdout).toContain('✗ was not run in this thread\n\n```text\n$ npm run lint');
    const listed = JSON.parse((await kino(['artifacts', '--json'], { cwd: folder })).stdout);
    expect(listed).toMatchObject([
      { name: 'home-page', kind: 'image', versions: [{ mediaType: 'image/png', version: 1 }] },
      { name: 'walkthrough', kind: 'walkthrough', title: 'What I did' },
    ]);
    const group = `show-me-${listed[0].thread.slice(-6)}`;
    const kept = (name: string) => join(folder, '.kino/artifacts', group, name);
    expect(readFileSync(kept('home-page.png')).toString('base64')).toBe(PNG);
    expect(readFileSync(kept('walkthrough.md'), 'utf8')).toContain('![the page](home-page.png)');
    expect(await kino(['artifacts', 'none'], { cwd: folder })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('has no artifact none; it has home-page, walkthrough.'),
    });
  });

  test('no file is attached that is no image, is not there, or lies outside', async () => {
    model = await startModelServer(({ body }) => {
      const said = JSON.stringify(body.messages);
      if (said.includes('"role":"tool"')) return { text: 'ok' };
      const attach = (file: string, name = 'x') => ({ name: 'write_artifact', args: { name, file } });
      return { calls: [attach('a.js'), attach('none.png', 'y'), attach('../../etc/passwd', 'z')] };
    });
    const { path: folder } = createRepository([{ message: 'first', files: { 'a.js': '1\n' } }]);
    const args = ['--model', 'openai-compatible/scripted', '--base-url', `${model.url}/v1`];
    await kino(['run', 'attach', '--mode', 'bypass', ...args], { cwd: folder });
    const said = JSON.stringify(model.requests[1]!.body.messages);
    expect(said).toContain('a.js is no image and no recording that can be shown.');
    expect(said).toMatch(/none\.png cannot be read \(ENOENT\)/);
    expect(said).toMatch(/passwd cannot be read/);
    expect(existsSync(join(folder, '.kino'))).toBe(false);
  });

  test('are shown, commented by rectangle, and the comments let the agent go on', async (context) => {
    const browser = browserOf();
    if (!browser) return context.skip();
    const { folder, args } = await begin();
    const served = await startServing(args);
    const { json } = await served.ask('/api/threads', { folder, prompt: 'show me', worktree: false });
    const { page, problems } = await openPage(browser, served);
    await page.goto(`${served.origin}/thread/${json.thread}`);
    await page.getByText('Done.').waitFor();
    await page.getByRole('link', { name: '2 artifacts' }).click();
    const drawn = page.getByAltText('Diagram; its source is below');
    await drawn.waitFor();
    expect(await drawn.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(80);
    await page.getByText(/^It cannot be drawn/).waitFor();
    await page.getByAltText('the page').waitFor();
    expect(await page.evaluate('window.hacked')).toBeUndefined();

    const picture = page.getByRole('article', { name: 'home page' });
    const box = (await picture.locator('img').boundingBox())!;
    await page.mouse.move(box.x + 2, box.y + 1);
    await page.mouse.down();
    await page.mouse.move(box.x + 6, box.y + 3, { steps: 3 });
    await page.mouse.up();
    await picture.getByText(/50 × 50 % from 25 % left, 25 % top/).waitFor();
    await picture.getByLabel('Comment', { exact: true }).fill('wider, please');
    await picture.getByRole('button', { name: 'Comment', exact: true }).click();
    await picture.getByText('draft').waitFor();
    await page.getByRole('button', { name: 'Send 1 comment and let it go on' }).click();
    await picture.getByText('↳ Made it wider.').waitFor();
    await picture.getByText('addressed').waitFor();
    expect(JSON.stringify(model!.requests.at(-1)!.body.messages)).toContain(
      'home-page, version 1, from 25 %, 25 %, 50 % wide, 50 % high',
    );
    expect(await violations(page)).toEqual([]);
    expect(problems).toEqual([]);
  });
});
