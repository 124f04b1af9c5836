import type { Page } from 'playwright-core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openPage, sharedBrowser, violations } from './support/browser.ts';
import { kino } from './support/cli.ts';
import { type ModelServer, startModelServer, type Turn } from './support/model-server.ts';
import { createRepository } from './support/repository.ts';
import { type Served, startServing } from './support/serving.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const browserOf = sharedBrowser();
let model: ModelServer | undefined;
afterEach(async () => {
  await model?.close();
});

const HOSTILE = `# Look <script>window.hacked = 1</script>

<img src=x onerror="window.hacked = 2"> <svg onload="window.hacked = 3"></svg>
<style>body { display: none }</style> <iframe src="https://evil.example"></iframe>
[a link](javascript:window.hacked=4) [another](https://example.com) <form action="https://evil.example"><button>go</button></form>

- [x] done
- [ ] to do

## Open questions

- Shall it trim? (yes | no)
`;

function turnFor(said: string): Turn {
  if (said.includes('is written, version')) return { text: 'It is written.' };
  const name = /under the name \\"([a-z]+)\\"/.exec(said)?.[1];
  if (name !== undefined) return { calls: [{ name: 'write_artifact', args: { name, content: HOSTILE } }] };
  const comment = /<comment id=\\"(c[0-9a-z]+)\\"/.exec(said)?.[1];
  if (comment !== undefined && !said.includes('Answered.'))
    return { calls: [{ name: 'answer_comment', args: { comment, answer: 'It is one.', addressed: true } }] };
  if (said.includes('CHANGE') && !said.includes('"role":"tool"'))
    return {
      calls: [
        { name: 'write', args: { path: 'app.js', content: "import { base } from './base.js';\nbase();\n" } },
        { name: 'write', args: { path: 'base.js', content: 'export const base = 1;\n' } },
      ],
    };
  if (said.includes('CHANGE')) return { text: 'It is changed.' };
  if (said.includes('PUBLISH') && !said.includes('"role":"tool"'))
    return { calls: [{ name: 'bash', args: { command: 'npm publish' } }] };
  return { text: `The answer is **${said.includes('go on') ? 'here again' : 'here'}**. ${HOSTILE}` };
}

async function begin(): Promise<{ served: Served; folder: string; args: string[] }> {
  model = await startModelServer((request) => turnFor(JSON.stringify(request.body.messages)));
  const { path: folder } = createRepository([{ message: 'first', files: { 'a.js': '1\n' } }]);
  await kino(['trust'], { cwd: folder });
  const args = ['--model', 'openai-compatible/scripted', '--base-url', `${model.url}/v1`];
  return { served: await startServing(args), folder, args };
}

describe('the manager', () => {
  test('work is begun, read and gone on with by keyboard alone', async (context) => {
    const browser = browserOf();
    if (!browser) return context.skip();
    const { served, folder } = await begin();
    const { page, problems } = await openPage(browser, served);
    await page.getByText('Nothing has been worked on yet').waitFor();
    await page.keyboard.press('n');
    await page.getByLabel('What is wanted').focus();
    await page.keyboard.type('PUBLISH it');
    await page.keyboard.press('Tab');
    await page.keyboard.type(folder);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'PUBLISH it' }).waitFor();
    // A trusted folder does not ask; the agent answers, and is gone on with.
    await page.getByText('The answer is').first().waitFor();
    await page.getByLabel('What next').focus();
    await page.keyboard.type('go on');
    await page.keyboard.press('Enter');
    await page.getByText('here again').waitFor();
    // What is folded is found as well.
    await page.getByRole('heading', { level: 1 }).click();
    await page.keyboard.press('/');
    await page.keyboard.type('NPM publish');
    await page.getByText('1 place', { exact: true }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('1 of 1').waitFor();
    await page.keyboard.press('Escape');
    await page.getByLabel('Find in this thread').waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
  });

  test('who comes without the address is asked for the token, and let in to what was asked for', async (context) => {
    const browser = browserOf();
    if (!browser) return context.skip();
    const { served } = await begin();
    const { page, problems } = await openPage(browser, { url: `${served.origin}/inbox` });
    const field = page.getByLabel('What kino serve has printed');
    await field.waitFor();
    expect(await violations(page)).toEqual([]);
    await field.fill('x'.repeat(43));
    await page.keyboard.press('Enter');
    await page.getByText('That token is not the right one.').waitFor();
    await field.fill(served.token);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Inbox' }).waitFor();
    await page.getByText('Nothing needs you').waitFor();
    expect(page.url()).toBe(`${served.origin}/inbox`);
    // The page and the wrong token were refused, and a browser says so.
    expect(problems.filter((problem) => !problem.includes('401'))).toEqual([]);
  });

  test('what waits is in the inbox, and is answered there', async (context) => {
    const browser = browserOf();
    if (!browser) return context.skip();
    const { served, folder } = await begin();
    const { json } = await served.ask('/api/threads', {
      folder,
      prompt: 'PUBLISH it',
      worktree: false,
      mode: 'manual',
    });
    const { page, problems } = await openPage(browser, served);
    await page.getByRole('heading', { name: 'Needs you' }).waitFor();
    await expect.poll(() => page.title()).toBe('(1) Kino');
    await page.keyboard.press('i');
    await page.getByText('npm publish', { exact: true }).waitFor();
    await page.waitForTimeout(600);
    // A key that is held decides on what was read, and on nothing that comes after it.
    for (let more = 0; more < 2; more++)
      await served.ask('/api/threads', { folder, prompt: 'PUBLISH more', worktree: false, mode: 'manual' });
    await expect.poll(() => page.title()).toBe('(3) Kino');
    await page.waitForTimeout(600);
    for (let press = 0; press < 12; press++) await page.keyboard.down('x');
    await page.keyboard.press('x');
    await expect.poll(() => page.title()).toBe('(2) Kino');
    for (const left of ['(1) Kino', 'Kino']) {
      await page.waitForTimeout(600);
      await page.keyboard.press('x');
      await expect.poll(() => page.title()).toBe(left);
    }
    await page.getByText('Nothing needs you.').waitFor();
    await page.goto(`${served.origin}/thread/${json.thread}`);
    await page.getByText(/Refused bash/).waitFor();
    expect(problems).toEqual([]);
  });

  test('what agents wrote is shown and does nothing; it is commented, answered and approved', async (context) => {
    const browser = browserOf();
    if (!browser) return context.skip();
    const { served, folder } = await begin();
    const { json } = await served.ask('/api/flows', { folder, request: 'make it better' });
    const { page, problems } = await openPage(browser, served);
    await page.goto(`${served.origin}/flow/${json.flow}`);
    await page.getByRole('heading', { name: /^Look/ }).waitFor();
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    const artifact = page.locator('article .prose');
    for (const tag of ['script', 'img', 'svg', 'style', 'iframe', 'form[action]'])
      expect(await artifact.locator(tag).count(), tag).toBe(0);
    expect(await artifact.locator('li').allTextContents()).toEqual(
      expect.arrayContaining(['\u2611 done', '\u2610 to do']),
    );
    expect(await artifact.locator('a').count()).toBe(2);
    expect(await artifact.locator('a').first().getAttribute('href')).toBeNull();
    expect(await page.getByRole('link', { name: 'another' }).getAttribute('rel')).toBe('noopener noreferrer');
    await page.getByRole('button', { name: 'yes', exact: true }).click();
    await page.getByText('Answered: yes').waitFor();
    await page.getByLabel('Comment', { exact: true }).fill('say more');
    await page.getByRole('button', { name: 'Comment', exact: true }).click();
    await page.getByText('draft').waitFor();
    await page.getByRole('button', { name: 'Approve research' }).click();
    await page.getByRole('alert').getByText('not addressed').waitFor();
    await page.getByRole('button', { name: 'Approve anyway' }).click();
    await page.getByRole('button', { name: 'Approve plan' }).waitFor();
    expect(problems.filter((one) => !one.includes('409'))).toEqual([]);
  });

  test('what an agent changed is toured, commented by line, and the comments are what it goes on with', async (context) => {
    const browser = browserOf();
    if (!browser) return context.skip();
    const { served, folder } = await begin();
    const { json } = await served.ask('/api/threads', { folder, prompt: 'CHANGE it', worktree: true });
    const { page, problems } = await openPage(browser, served);
    await page.goto(`${served.origin}/thread/${json.thread}`);
    await page.getByText('It is changed.').waitFor();
    await page.getByRole('link', { name: 'What it changed' }).click();
    await page.getByText('app.js builds on it.').waitFor();
    const order = await page.locator('button[aria-expanded] .font-mono').allTextContents();
    expect(order).toEqual(['base.js', 'app.js']);
    await page.getByRole('button', { name: 'Comment on line 1 of base.js' }).first().click();
    await page.keyboard.type('why one?');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Send 1 comment and let it go on' }).click();
    await page.getByText('↳ It is one.').waitFor();
    await page.getByText('addressed').waitFor();
    const asked = JSON.stringify(model!.requests.map(({ body }) => body.messages));
    for (const part of ['diff, version 1, base.js:1 (new)', '> export const base = 1;\\nwhy one?'])
      expect(asked).toContain(part);
    expect(await violations(page)).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('the report of an experiment is read from the board', async (context) => {
    const browser = browserOf();
    if (!browser) return context.skip();
    const { served, folder } = await begin();
    const files = Object.fromEntries(
      Array.from({ length: 4 }, (_, at) => [`src/part${at}.js`, `export const part${at} = 1;\n`]),
    );
    const repository = createRepository([{ message: 'parts', files }], folder);
    for (let at = 0; at < 4; at++)
      repository.commit({
        message: `The part of the number ${at} is another one now, as it should have been`,
        files: { [`src/part${at}.js`]: `export const part${at} = 2;\n` },
      });
    expect(await kino(['mine', 'localize'], { cwd: folder })).toMatchObject({ code: 0 });
    expect(await kino(['eval', 'localize', '--agent', 'nop'], { cwd: folder })).toMatchObject({ code: 0 });
    const { page, problems } = await openPage(browser, served);
    const experiments = page.getByRole('region', { name: 'Experiments' });
    await experiments.getByRole('link').first().click();
    await page.getByRole('article').getByRole('cell', { name: 'nop' }).first().waitFor();
    expect(problems).toEqual([]);
  });

  test('when the server is killed and comes again, the tab goes on', async (context) => {
    const browser = browserOf();
    if (!browser) return context.skip();
    const { served, folder, args } = await begin();
    const { json } = await served.ask('/api/threads', { folder, prompt: 'say it', worktree: false });
    const { page } = await openPage(browser, served);
    await page.goto(`${served.origin}/thread/${json.thread}`);
    await page.getByText('The answer is').waitFor();
    const begun = { folder, prompt: 'PUBLISH it', worktree: false, mode: 'manual' };
    const { json: cut } = await served.ask('/api/threads', begun);
    await expect
      .poll(async () => JSON.stringify((await served.ask('/api/board')).json), { timeout: 10_000 })
      .toContain('bash npm publish');
    await served.stop('SIGKILL');
    await page.getByText('The server does not answer').waitFor();
    const { port } = new URL(served.origin);
    const again = await startServing([...args, '--port', port], { KINO_SERVE_TOKEN: served.token });
    await page.getByText('The server does not answer').waitFor({ state: 'detached' });
    await again.ask(`/api/threads/${json.thread}/messages`, { text: 'go on', delivery: 'prompt' });
    await page.getByText('here again').waitFor();
    expect(await page.getByText('say it', { exact: true }).count()).toBeGreaterThan(0);
    // What it was in the middle of goes on from there.
    await page.goto(`${again.origin}/thread/${cut.thread}`);
    // Its call was cut off; it hears so, and answers.
    await page.getByText('The answer is').waitFor();
    expect(await page.getByText('May it run bash?').count()).toBe(0);
    expect(await again.ask(`/api/threads/${json.thread}/resume`, {})).toMatchObject({ status: 409 });
  });

  test('no page has a serious fault for those who cannot see or use a mouse, nor is too wide for a phone', async (context) => {
    const browser = browserOf();
    if (!browser) return context.skip();
    const { served, folder } = await begin();
    const { json: thread } = await served.ask('/api/threads', { folder, prompt: 'say it', worktree: false });
    await served.ask('/api/threads', { folder, prompt: 'PUBLISH it', worktree: false, mode: 'manual' });
    const { json: other } = await served.ask('/api/threads', { folder, prompt: 'CHANGE it', worktree: true });
    const { json: flow } = await served.ask('/api/flows', { folder, request: 'make it better' });
    for (const [colorScheme, width] of [
      ['light', 1200],
      ['dark', 1200],
      ['light', 320],
    ] as const) {
      const { page, problems } = await openPage(browser, served, { colorScheme, width });
      for (const path of [
        '/',
        '/inbox',
        '/new',
        `/thread/${thread.thread}`,
        `/flow/${flow.flow}`,
        `/changes/${thread.thread}`,
        `/artifacts/${thread.thread}`,
        `/compare/${thread.thread}/${other.thread}`,
        '/team',
      ]) {
        // As a link does it: the page stays, what it shows is another.
        await page.evaluate((to) => {
          history.pushState(null, '', to);
          dispatchEvent(new PopStateEvent('popstate'));
        }, path);
        await page.getByRole('heading', { level: 1 }).first().waitFor({ state: 'attached' });
        await page.waitForTimeout(60);
        // How wide it is changes nothing of what axe looks at but the targets' sizes.
        if (width > 320 || path === '/inbox')
          expect(await violations(page), `${path} ${colorScheme}`).toEqual([]);
        expect(
          await page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
          `${path} ${width}`,
        ).toBe(true);
        if (width === 320) expect(await page.evaluate(cutTexts), path).toEqual([]);
        else if (colorScheme === 'light') expect(await beyondTab(page), path).toEqual([]);
      }
      expect(problems).toEqual([]);
      await page.close();
    }
  });
});

/** Texts of which a part is neither seen nor to be scrolled to. */
function cutTexts(): string[] {
  return [...document.querySelectorAll<HTMLElement>('body *')]
    .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent!.trim()))
    .filter((node) => {
      const { overflowX, position, clip } = getComputedStyle(node);
      const isForReaders = position === 'absolute' && (clip !== 'auto' || node.clientWidth <= 1);
      return !isForReaders && /hidden|clip/.test(overflowX) && node.scrollWidth > node.clientWidth + 1;
    })
    .map(({ textContent }) => textContent.slice(0, 80));
}

/** What can be used and is not come to by the Tab key alone, from the top of the page. */
async function beyondTab(page: Page): Promise<string[]> {
  const count = await page.evaluate(() => {
    (document.activeElement as HTMLElement | null)?.blur();
    getSelection()?.removeAllRanges();
    document.body.tabIndex = -1;
    document.body.focus();
    const usable = [
      ...document.querySelectorAll<HTMLElement>(
        'a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary, [tabindex="0"]',
      ),
    ].filter((node) => node.checkVisibility({ visibilityProperty: true }));
    for (const node of usable) node.dataset.usable = '';
    return usable.length;
  });
  for (let press = 0; press < count + 3; press++) {
    await page.keyboard.press('Tab');
    await page.evaluate(() => delete (document.activeElement as HTMLElement).dataset.usable);
  }
  return page.evaluate(() =>
    [...document.querySelectorAll('[data-usable]')].map((node) => {
      node.removeAttribute('data-usable');
      return node.outerHTML.slice(0, 120);
    }),
  );
}

describe('dictation', () => {
  test('adds what the browser understands to any field, after saying where it is understood', async (context) => {
    const browser = browserOf();
    if (!browser) return context.skip();
    const { served } = await begin();
    const { page, problems } = await openPage(browser, served);
    // The browser's own recognition needs a voice and a service; this is one that hears the same words each time.
    await page.addInitScript(() => {
      class Heard extends EventTarget {
        onresult?: (event: unknown) => void;
        onend?: () => void;
        start() {
          setTimeout(() =>
            this.onresult?.({ resultIndex: 0, results: [{ isFinal: true, 0: { transcript: ' trim it ' } }] }),
          );
        }
        stop() {
          this.onend?.();
        }
      }
      Object.assign(window, { SpeechRecognition: Heard, webkitSpeechRecognition: Heard });
    });
    await page.goto(`${served.origin}/new`);
    await page.getByLabel('What is wanted').fill('Please');
    await page.getByRole('button', { name: 'Dictate' }).click();
    await page.getByText('sends what it hears to its maker').waitFor();
    await page.getByRole('button', { name: 'Dictate anyway' }).click();
    await expect.poll(() => page.getByLabel('What is wanted').inputValue()).toBe('Please trim it');
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Stop dictating' }).click();
    await page.getByRole('button', { name: 'Dictate' }).waitFor();
    expect(problems).toEqual([]);
  });
});
