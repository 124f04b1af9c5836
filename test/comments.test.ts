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

const PLAN = `# The plan

- read the **base** of it, all

- write the base of it, all

The base stays. See [the base](https://example.com/base).
`;

function turnFor({ body }: { body: Record<string, unknown> }): Turn {
  const said = JSON.stringify(body.messages);
  if (said.includes('Answered.')) return { text: 'All are answered.' };
  const ids = [...said.matchAll(/<comment id=\\"(c[0-9a-z]+)\\"/g)].map(([, id]) => id);
  const put = (content: string) => ({ name: 'write_artifact', args: { name: 'plan', content } });
  if (ids.length > 0)
    return {
      calls: [
        put(`Before all.\n\n${PLAN.replace('The base stays', 'The foundation is another')}`),
        ...ids.map((comment) => ({
          name: 'answer_comment',
          args: { comment, answer: 'Not yet.', addressed: false },
        })),
      ],
    };
  return said.includes('is written') ? { text: 'It is planned.' } : { calls: [put(PLAN)] };
}

describe('comments on a text', () => {
  test('are on the words that were selected, are changed and taken back, and follow their words', async (context) => {
    const browser = browserOf();
    if (!browser) return context.skip();
    model = await startModelServer(turnFor);
    const { path: folder } = createRepository([{ message: 'first', files: { 'a.js': '1\n' } }]);
    await kino(['trust'], { cwd: folder });
    const served = await startServing([
      '--model',
      'openai-compatible/scripted',
      '--base-url',
      `${model.url}/v1`,
    ]);
    const { json } = await served.ask('/api/threads', { folder, prompt: 'plan it', worktree: false });
    const { page, problems } = await openPage(browser, served);
    await page.goto(`${served.origin}/artifacts/${json.thread}`);
    await page.getByText('The base stays').waitFor();
    const stored = async () =>
      (await served.ask(`/api/threads/${json.thread}/artifacts`)).json.artifacts[0].comments;
    const aside = page.getByRole('complementary', { name: 'Comments' });
    const say = async (text: string) => {
      await page.getByLabel('Comment', { exact: true }).fill(text);
      await page.getByRole('button', { name: 'Comment', exact: true }).click();
      await aside.getByText(text, { exact: true }).waitFor();
    };
    const select = (from: [string, number], to: [string, number]) =>
      page.evaluate(
        ([[start, at], [end, until]]) => {
          const [text, other] = [start, end].map(
            (words) =>
              [...document.querySelectorAll('.prose [data-at]')].find((leaf) =>
                leaf.textContent.includes(words),
              )!.firstChild!,
          );
          getSelection()!.setBaseAndExtent(text!, at, other!, until);
        },
        [from, to] as const,
      );

    // From within plain words over those in bold: the Markdown of it.
    await select(['read the', 5], [' of it', 3]);
    await aside.getByText('the **base** of', { exact: true }).waitFor();
    await say('which base?');
    // Of words that are there more than once those that were meant.
    await select(['write the base', 10], ['write the base', 14]);
    await aside.getByText('base', { exact: true }).waitFor();
    await say('the second one');
    // By keyboard: the words are said, the next of them taken.
    await page.getByText('The words in question').click();
    await page.getByRole('textbox', { name: 'The words in question' }).fill('the BASE');
    await aside.getByText('1 of 3').waitFor();
    await page.keyboard.press('Enter');
    await aside.getByText('2 of 3').waitFor();
    await page.getByRole('textbox', { name: 'The words in question' }).fill('base STAYS');
    await aside.getByText('1 of 1').waitFor();
    await say('the third one');
    expect(await stored()).toMatchObject([
      { text: 'which base?', anchor: { quote: 'the **base** of', line: 3 }, version: 1 },
      {
        text: 'the second one',
        anchor: { quote: 'base', prefix: expect.stringMatching(/write the $/), line: 5 },
      },
      { text: 'the third one', anchor: { quote: 'base stays', line: 7 } },
    ]);
    const marked = () => page.evaluate(() => (CSS.highlights.get('commented')?.size ?? 0) > 0);
    await expect.poll(marked).toBe(true);

    // A draft is changed; another is taken back.
    const draft = aside.locator('.card').filter({ hasText: 'which base?' });
    await draft.getByRole('button', { name: 'Edit' }).click();
    await expect.poll(() => page.getByLabel('Comment', { exact: true }).inputValue()).toBe('which base?');
    await page.getByLabel('Comment', { exact: true }).fill('which base exactly?');
    await page.getByRole('button', { name: 'Change the comment' }).click();
    await aside.getByText('which base exactly?').waitFor();
    const second = aside.locator('.card').filter({ hasText: 'the second one' });
    await second.getByRole('button', { name: 'Remove' }).click();
    await second.waitFor({ state: 'detached' });
    expect((await stored()).map((one: { text: string; status: string }) => [one.text, one.status])).toEqual([
      ['the third one', 'draft'],
      ['which base exactly?', 'draft'],
    ]);
    expect(await violations(page)).toEqual([]);

    await page.getByRole('button', { name: 'Send 2 comments and let it go on' }).click();
    await aside.getByText('Not yet.').first().waitFor();
    await page.getByText('Before all.').waitFor();
    // What was moved is found again; what is said otherwise now is gone.
    const exactly = aside.locator('.card').filter({ hasText: 'which base exactly?' });
    await exactly.getByText('open').waitFor();
    await aside.locator('.card').filter({ hasText: 'the third one' }).getByText('stale').waitFor();
    await exactly.getByRole('button', { name: 'Show' }).click();
    const shown = () =>
      page.evaluate(() => [...(CSS.highlights.get('chosen') ?? [])].map((range) => String(range)).join('|'));
    await expect.poll(shown).toBe('the |base| of');
    await exactly.getByRole('button', { name: 'Done' }).click();
    await exactly.getByRole('button', { name: 'Open again' }).click();
    await exactly.getByText('open').waitFor();

    // What is selected is commented as it was selected, whatever is written meanwhile; a triple click ends beside the text.
    await page.getByText('Before all.').click({ clickCount: 3 });
    await aside.getByText('Before all.', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'On all of it' }).click();
    // What is written and not said is there again.
    await page.getByLabel('Comment', { exact: true }).fill('half of a');
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { level: 1 }).click();
    await page.keyboard.press('b');
    await page.goBack();
    await expect.poll(() => page.getByLabel('Comment', { exact: true }).inputValue()).toBe('half of a');
    await page.getByLabel('Comment', { exact: true }).fill('');

    // What is said of an earlier version is of that one.
    await page.getByLabel('Version of plan').selectOption('1');
    await page.getByText('The base stays').waitFor();
    await select(['The base stays', 4], ['The base stays', 8]);
    await aside.getByText('base', { exact: true }).waitFor();
    await say('of the first');
    expect((await stored()).at(-1)).toMatchObject({ text: 'of the first', version: 1 });
    expect(problems).toEqual([]);
  });
});
