import type { Page } from 'playwright-core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openPage, sharedBrowser } from './support/browser.ts';
import { kino } from './support/cli.ts';
import { type ModelServer, startModelServer, type Turn } from './support/model-server.ts';
import { createRepository } from './support/repository.ts';
import { startServing } from './support/serving.ts';
import { temporaryFolder } from './support/temporary.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const browserOf = sharedBrowser();
let model: ModelServer | undefined;
afterEach(() => model?.close());

function turnFor({ body }: { body: Record<string, unknown> }): Turn {
  const said = JSON.stringify(body.messages);
  if (said.includes('FAIL')) return { fault: { kind: 'status', status: 400 } };
  if (said.includes('"role":"tool"')) return { text: 'It is over.' };
  if (said.includes('PUBLISH')) return { calls: [{ name: 'bash', args: { command: 'npm publish' } }] };
  if (said.includes('SLEEP')) return { calls: [{ name: 'bash', args: { command: 'sleep 60' } }] };
  return { text: 'It is done.' };
}

async function begin(home = temporaryFolder(), more: readonly string[] = []) {
  model ??= await startModelServer(turnFor);
  const { path: folder } = createRepository([{ message: 'first', files: { 'a.js': '1\n' } }]);
  await kino(['trust'], { cwd: folder, env: { KINO_HOME: home } });
  const args = ['--model', 'openai-compatible/scripted', '--base-url', `${model.url}/v1`];
  const served = await startServing([...args, ...more], { KINO_HOME: home });
  const start = async (prompt: string, more: object = {}): Promise<string> => {
    const asked = { folder, prompt, worktree: false, ...more };
    return (await served.ask('/api/threads', asked)).json.thread;
  };
  return { served, folder, home, start };
}

/** What the page was heard to play, in hertz: the real audio is made, and written down. */
async function listen(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const heard: number[] = [];
    const Real = OscillatorNode;
    Object.assign(window, { heard });
    window.OscillatorNode = class extends Real {
      override start(when?: number): void {
        heard.push(this.frequency.value);
        super.start(when);
      }
    };
    Object.defineProperty(document, 'hidden', { get: () => true });
  });
}

describe('a person who looks elsewhere', () => {
  test('is told by a sound and a note, and answers on the note', async (context) => {
    const browser = browserOf();
    if (!browser) return context.skip();
    model = undefined;
    const { served, start } = await begin();
    const { page, problems } = await openPage(browser, served);
    await page.context().grantPermissions(['notifications'], { origin: served.origin });
    await listen(page);
    await page.goto(`${served.origin}/inbox`);
    await page.getByRole('button', { name: 'Sound off' }).click();
    await expect
      .poll(() => page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.active?.state))
      .toBe('activated');
    const heard = () => page.evaluate(() => (window as unknown as { heard: number[] }).heard.splice(0));
    expect(await heard()).toEqual([587, 880]);
    const notes = () =>
      page.evaluate(async () => {
        const registration = await navigator.serviceWorker.getRegistration();
        const shown = await registration!.getNotifications();
        return shown.map(({ title, body }) => `${title}: ${body}`);
      });

    const thread = await start('PUBLISH it', { mode: 'manual' });
    await expect.poll(notes).toEqual(['PUBLISH it: needs you: bash npm publish']);
    expect(await heard()).toEqual([587, 880]);
    // As the system tells the worker that a button of the note was pressed.
    const [worker] = page.context().serviceWorkers();
    await worker!.evaluate(async () => {
      const scope = self as unknown as {
        registration: ServiceWorkerRegistration;
        NotificationEvent: new (type: string, init: object) => Event;
      };
      const [notification] = await scope.registration.getNotifications();
      self.dispatchEvent(new scope.NotificationEvent('notificationclick', { notification, action: 'deny' }));
    });
    await expect
      .poll(async () => JSON.stringify((await served.ask(`/api/threads/${thread}/events`)).json.events))
      .toMatch(/"type":"permission.decided"[^}]*"outcome":"deny"/);
    await expect.poll(notes).toEqual(['PUBLISH it: done']);
    expect(await heard()).toEqual([659, 494]);
    expect(problems).toEqual([]);
  });

  test('has eight tabs, which share one stream: each is told', async (context) => {
    const browser = browserOf();
    if (!browser) return context.skip();
    model = undefined;
    const { served, start } = await begin();
    const own = await browser.newContext();
    const first = await own.newPage();
    await first.goto(served.url);
    const pages = [first];
    // A browser opens six connections to a server: with a stream for each tab the seventh would wait for ever.
    for (let tab = 1; tab < 8; tab++) {
      const page = await own.newPage();
      await page.goto(`${served.origin}/`);
      pages.push(page);
    }
    for (const page of pages) await page.getByText('Nothing has been worked on yet').waitFor();
    await start('do it');
    for (const page of pages) await page.getByRole('link', { name: /do it.*done/ }).waitFor();
    await own.close();
  });
});

describe('work that did not end well', () => {
  test('is news: what was killed is seen or gone on with, what failed is told', async (context) => {
    const browser = browserOf();
    if (!browser) return context.skip();
    model = undefined;
    const { served, home, start } = await begin();
    const [seen, resumed] = [
      await start('SLEEP one', { mode: 'bypass' }),
      await start('SLEEP two', { mode: 'bypass' }),
    ];
    await expect
      .poll(async () => JSON.stringify((await served.ask('/api/board')).json).split('bash sleep 60').length)
      .toBe(3);
    await served.stop('SIGKILL');
    const again = await begin(home, ['--no-resume']);
    await again.start('FAIL this');
    const { page } = await openPage(browser, again.served);
    await page.goto(`${again.served.origin}/inbox`);
    const item = (title: string) => page.getByRole('article').filter({ hasText: title });
    await item('SLEEP one').getByText('was killed').waitFor();
    await item('FAIL this').getByText('failed').waitFor();
    await item('SLEEP one').getByRole('button', { name: 'Seen' }).click();
    await item('SLEEP one').waitFor({ state: 'detached' });
    await item('SLEEP two').getByRole('button', { name: 'Go on where it was' }).click();
    const status = async (id: string) =>
      (await again.served.ask('/api/board')).json.threads.find((one: { id: string }) => one.id === id).status;
    await expect.poll(() => status(resumed), { timeout: 20_000 }).toBe('done');
    expect(await status(seen)).toBe('interrupted');
    await page.getByRole('link', { name: 'SLEEP two' }).waitFor();
    await item('FAIL this').getByRole('button', { name: 'Seen' }).click();
    await item('FAIL this').waitFor({ state: 'detached' });
  });

  test('of a server that was killed is gone on with by the next one', async () => {
    model = undefined;
    const first = await begin();
    const ids = [
      await first.start('SLEEP one', { mode: 'bypass' }),
      await first.start('SLEEP two', { mode: 'bypass' }),
    ];
    const { flow } = (
      await first.served.ask('/api/flows', {
        folder: first.folder,
        request: 'SLEEP in phases',
        mode: 'bypass',
      })
    ).json;
    const running = async ({ served }: typeof first) => {
      const { threads } = (await served.ask('/api/board')).json as {
        threads: { id: string; status: string; activity: { doing?: string } }[];
      };
      return threads.filter(
        ({ activity, status }) => status === 'running' && /sleep 60/.test(activity.doing ?? ''),
      );
    };
    await expect.poll(async () => (await running(first)).length, { timeout: 20_000 }).toBe(3);
    await first.served.stop('SIGKILL');
    // What each hears is that its call was cut off; then it says that it is over.
    let last = await begin(first.home);
    const status = async (id: string) =>
      (await last.served.ask('/api/board')).json.threads.find((one: { id: string }) => one.id === id).status;
    for (const id of ids) await expect.poll(() => status(id), { timeout: 20_000 }).toBe('done');
    await expect
      .poll(async () => (await last.served.ask(`/api/flows/${flow}`)).json.state, { timeout: 20_000 })
      .not.toBe('working');
    // Who was stopped with the server is not gone on with.
    const slow = await last.start('SLEEP again', { mode: 'bypass' });
    await expect.poll(async () => (await running(last)).length, { timeout: 20_000 }).toBe(1);
    await last.served.stop('SIGTERM');
    last = await begin(first.home);
    expect(await status(slow)).toBe('interrupted');
  });

  test('two agents on the same files are told of each other, also where a command made the change', async (context) => {
    const browser = browserOf();
    if (!browser) return context.skip();
    model = await startModelServer(({ body }) => {
      const said = JSON.stringify(body.messages);
      if (said.includes('sleep 120')) return { text: 'ok' };
      if (said.includes('sed -i')) return { calls: [{ name: 'bash', args: { command: 'sleep 120' } }] };
      return { calls: [{ name: 'bash', args: { command: 'sed -i s/1/2/ a.js' } }] };
    });
    const { served, start } = await begin();
    for (const prompt of ['one', 'two']) await start(prompt, { mode: 'bypass', worktree: true });
    const { page } = await openPage(browser, served);
    await page.goto(`${served.origin}/`);
    await expect
      .poll(() => page.getByText('Another agent changes the same files: a.js').count(), { timeout: 20_000 })
      .toBe(2);
  });
});
