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

const slow = { calls: [{ name: 'bash', args: { command: 'sleep 120' } }] };

/** Each phase writes what it is to make; the last works until it is stopped, at first. */
function turnFor({ body }: { body: Record<string, unknown> }): Turn {
  const said = JSON.stringify(body.messages);
  const name = /under the name \\"([a-z]+)\\"/.exec(said)?.[1];
  const comment = /<comment id=\\"(c[0-9a-z]+)\\"/.exec(said)?.[1];
  if (comment !== undefined && !said.includes('Answered.'))
    return {
      calls: [
        { name: 'write_artifact', args: { name, content: '# Again\n\nIt is better.\n' } },
        { name: 'answer_comment', args: { comment, answer: 'It is.', addressed: true } },
      ],
    };
  if (said.includes('is written, version')) return { text: 'It is written.' };
  if (name === 'walkthrough' && !said.includes('sleep 120')) return slow;
  if (name === undefined) return { text: 'Nothing to do.' };
  return { calls: [{ name: 'write_artifact', args: { name, content: `# The ${name}\n` } }] };
}

describe('a flow in the manager', () => {
  test('is begun as one wants it, decided on by keys, stopped, sent back, thrown away', async (context) => {
    const browser = browserOf();
    if (!browser) return context.skip();
    model = await startModelServer(turnFor);
    const { path: folder } = createRepository([{ message: 'first', files: { 'a.js': '1\n' } }]);
    await kino(['trust'], { cwd: folder });
    // The server itself knows of no model: who works is said with the work.
    const served = await startServing(['--base-url', `${model.url}/v1`]);
    const { page, problems } = await openPage(browser, served);
    await page.goto(`${served.origin}/new`);
    await page.getByLabel('What is wanted').fill('greet by name');
    await page.getByLabel('Repository').fill(folder);
    await page.getByLabel('Phases').selectOption('research-plan-implement');
    await page.getByLabel('Who looks at what a phase makes').selectOption('agent-decides');
    await page.getByText('Kino’s agent, the configured model, the usual mode').click();
    await page.getByLabel('Model').fill('openai-compatible/scripted');
    await page.getByRole('combobox', { name: /^Mode/ }).and(page.locator('select')).selectOption('bypass');
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Start' }).click();

    const approve = (phase: string) => page.getByRole('button', { name: `Approve ${phase}` });
    const phase = (name: string) =>
      page.getByRole('list', { name: 'Phases' }).getByRole('button', { name: new RegExp(`^\\W*${name}`) });
    await approve('research').waitFor();
    await page.getByText('agent-decides', { exact: true }).waitFor();
    await phase('research').getByRole('meter', { name: 'Context window' }).waitFor();
    await phase('research').getByText('2 steps').waitFor();
    // What is thrown away is asked about once more.
    await page.getByRole('button', { name: 'Throw away' }).click();
    await page.getByText('What it made and changed is taken back.').waitFor();
    await page.getByRole('button', { name: 'Keep it' }).click();
    await page.getByRole('button', { name: 'Throw away' }).click();
    await page.getByRole('button', { name: 'Throw it away' }).click();
    await phase('research').getByText('begun 2 times').waitFor();
    await approve('research').waitFor();
    await page.getByRole('heading', { level: 1 }).click();
    await page.waitForTimeout(600);
    await page.keyboard.press('Shift+A');
    await approve('plan').waitFor();

    // An earlier phase is sent back while the next one waits.
    await phase('research').click();
    await page.getByLabel('Note').fill('BETTER, please');
    await page.getByRole('button', { name: 'Send research back' }).click();
    await page.getByText('It is better.').waitFor();
    await approve('research').click();
    await approve('plan').click();

    // A phase that works is stopped, and goes on.
    await page.getByText('implement is worked on.').waitFor();
    await page.getByText('sleep 120', { exact: false }).first().waitFor();
    await page.getByRole('region', { name: 'Decide' }).getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Go on' }).click();
    await approve('implement').click();
    await page.getByText('All phases are approved.').waitFor();
    const flow = (await served.ask(`/api/flows/${page.url().split('/').at(-1)}`)).json;
    expect(flow.phases.map((one: { approved: boolean }) => one.approved)).toEqual([true, true, true]);
    // All of it by whom was said at its beginning.
    const { threads } = (await served.ask('/api/board')).json;
    const phases = threads.filter((one: { parent?: string }) => one.parent === flow.id);
    expect(new Set(phases.map((one: { model: string }) => one.model))).toEqual(
      new Set(['openai-compatible/scripted']),
    );
    expect(new Set(phases.map((one: { activity: { mode: string } }) => one.activity.mode))).toEqual(
      new Set(['bypass']),
    );
    expect(await violations(page)).toEqual([]);
    // A page for others holds what all phases made, each by its phase; its link is listed, and taken back.
    await page.getByRole('button', { name: 'Share the flow' }).click();
    const share = page.getByRole('region', { name: 'Share' });
    await share.getByRole('button', { name: 'See what is scrubbed' }).click();
    await share.getByText(/3 artifacts\./).waitFor();
    await share.getByRole('button', { name: 'Make a link for a week' }).click();
    const link = (await share.getByRole('link').getAttribute('href'))!;
    const shared = await (await fetch(link)).text();
    for (const name of ['research--research', 'plan--plan', 'implement--walkthrough'])
      expect(shared).toContain(`"name":"${name}"`);
    await share.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Share the flow' }).click();
    await share.getByText(/^A link to all of it/).waitFor();
    await share.getByRole('button', { name: 'Take it back' }).click();
    await share.getByText(/^A link to all of it/).waitFor({ state: 'detached' });
    expect((await fetch(link)).status).toBe(404);
    await share.getByRole('button', { name: 'Close' }).click();
    // Also what is done is sent back.
    await page.getByLabel('Note').fill('BETTER');
    await page.getByRole('button', { name: 'Send implement back' }).click();
    await approve('implement').waitFor();
    expect(problems).toEqual([]);
  });
});
