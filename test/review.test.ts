import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
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
import { temporaryFolder } from './support/temporary.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const browserOf = sharedBrowser();
let model: ModelServer | undefined;
afterEach(() => model?.close());

const LINES = Array.from({ length: 30 }, (_, at) => `line ${at}`);
const FILE = `${LINES.join('\n')}\n`;

/** Changes the top of a file for the first prompt, its end for the second. */
function turnFor({ body }: RecordedRequest): Turn {
  const messages = body.messages as { role: string; content: unknown }[];
  const prompt = messages.findLast(({ role }) => role === 'user')!;
  if (messages.at(-1)!.role === 'tool') return { text: 'It is changed.' };
  const said = JSON.stringify(prompt.content);
  if (JSON.stringify(messages[0]!.content).includes('guide a reviewer'))
    return {
      text: said.includes('NONSENSE')
        ? 'I cannot.'
        : `Here: {"stops":[{"path":"a.txt","why":"It decides how lines are called.","questions":["Why is one a word?"]},{"path":"not/there","why":"x"}]}`,
    };
  const call = (old: string, text: string) => ({
    calls: [
      { name: 'read', args: { path: 'a.txt' } },
      { name: 'edit', args: { path: 'a.txt', old, new: text } },
      ...(old === 'line 28' ? [{ name: 'write', args: { path: 'b.txt', content: 'new\n' } }] : []),
    ],
  });
  if (said.includes('the top')) return call('line 1\n', 'line one\n');
  if (said.includes('the end')) return call('line 28', 'line twenty-eight');
  return { text: 'Understood.' };
}

async function changed() {
  model = await startModelServer(turnFor);
  const { path: folder } = createRepository([{ message: 'first', files: { 'a.txt': FILE } }]);
  await kino(['trust'], { cwd: folder });
  const args = ['--model', 'openai-compatible/scripted', '--base-url', `${model.url}/v1`];
  const ran = await kino(['run', 'change the top', '--output', 'json', ...args], { cwd: folder });
  const { thread } = JSON.parse(ran.stdout) as { thread: string };
  await kino(['resume', thread, 'and now the end', ...args], { cwd: folder });
  return { folder, thread, args };
}

const text = (folder: string) => readFileSync(join(folder, 'a.txt'), 'utf8');

describe('the parts of a change', () => {
  test('are listed, accepted, taken out and put back; each is known by who made it and why', async () => {
    const { folder, thread, args } = await changed();
    const review = (...more: string[]) => kino(['review', '--thread', thread, ...more], { cwd: folder });
    const { stdout } = await review('--hunks');
    const ids = [...stdout.matchAll(/\? ([0-9a-f]{12}) {2}a\.txt/g)].map(([, id]) => id!);
    expect(ids).toHaveLength(2);
    const [top, end] = ids as [string, string];

    const served = await startServing(args);
    const at = `/api/threads/${thread}/changes`;
    const { json: origins } = await served.ask(`${at}/origins?path=a.txt`);
    expect(origins.origins).toMatchObject({
      [top]: [{ thread, prompt: 'change the top', lines: 2 }],
      [end]: [{ thread, prompt: 'and now the end', lines: 2 }],
    });
    // What a person wrote in between is nobody's.
    writeFileSync(join(folder, 'a.txt'), `mine\n${text(folder)}`);
    const { json: mixed } = await served.ask(`${at}/origins?path=a.txt`);
    expect(Object.values(mixed.origins)).toEqual([
      [expect.objectContaining({ lines: 2 })],
      [expect.objectContaining({ lines: 2 })],
    ]);
    writeFileSync(join(folder, 'a.txt'), text(folder).replace('mine\n', ''));

    expect((await review('--accept', top)).stdout).not.toContain('✓');
    expect((await review('--reject', end, '--hunks')).stdout).toMatch(
      new RegExp(`✓ ${top}[^]*✗ ${end}  a.txt`),
    );
    expect(text(folder)).toBe(FILE.replace('line 1\n', 'line one\n'));
    expect(await review('--reject', end)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`The change has no part ${end}; --hunks lists them.`),
    });
    await review('--reopen', end, top);
    expect(text(folder)).toContain('line twenty-eight');
    const { json } = await served.ask(at);
    expect(json).toMatchObject({ accepted: [], rejected: [] });
    const decide = (body: unknown) => served.ask(`${at}/decisions`, body);
    expect(await decide({ decision: 'accept', path: 'a.txt', hunk: '0'.repeat(12) })).toMatchObject({
      status: 409,
      json: { error: 'a.txt has changed since it was shown; look at it again.' },
    });
    expect(await decide({ decision: 'accept', path: '../x', hunk: '0'.repeat(12) })).toMatchObject({
      status: 409,
    });
    expect(await decide({ decision: 'reopen', hunk: top })).toMatchObject({ status: 409 });
  });

  test('a model says why each stop matters; what it says is kept with the thread, and nonsense leaves what was there', async () => {
    const { folder, thread, args } = await changed();
    const review = (...more: string[]) => kino(['review', ...more, '--guide', ...args], { cwd: folder });
    const { stdout } = await review('--thread', thread);
    expect(stdout).toContain('It decides how lines are called.');
    expect(stdout).toContain('? Why is one a word?');
    expect(stdout).not.toContain('not/there');
    const artifact = await kino(['artifacts', 'tour', '--thread', thread], { cwd: folder });
    expect(artifact.stdout).toMatch(
      /## 1\. `a\.txt`\n\nIt decides how lines are called\.\n\n- Why is one a word\?/,
    );
    const served = await startServing(args);
    const { json } = await served.ask(`/api/threads/${thread}/changes`);
    expect(json).toMatchObject({
      isGuided: true,
      tour: { stops: [{ why: 'It decides how lines are called.' }, {}] },
    });
    writeFileSync(join(folder, 'a.txt'), `NONSENSE\n${text(folder)}`);
    expect(await served.ask(`/api/threads/${thread}/tour`, {})).toMatchObject({
      status: 409,
      json: { error: expect.stringContaining('the one without a model stands') },
    });
    expect((await served.ask(`/api/threads/${thread}/changes?against=HEAD`)).json.base).toMatch(
      /^[0-9a-f]{40}$/,
    );
    expect(await served.ask(`/api/threads/${thread}/changes?against=none`)).toMatchObject({ status: 409 });
    expect(await served.ask(`/api/threads/${thread}/changes?against=--output=x`)).toMatchObject({
      status: 409,
    });
  });

  test('a pull request is described, and opened with gh from a branch whose work is committed', async () => {
    const { folder, thread } = await changed();
    const said = await kino(['review', '--thread', thread, '--describe'], { cwd: folder });
    expect(said.stdout).toContain(
      'change the top\n\n## Why\n\nchange the top\n\n## What changed\n\nIt is changed.',
    );
    expect(said.stdout).toMatch(/1\. `a\.txt` \(\+2 −2\): A document that is changed\./);
    expect(said.stdout).toContain(`Thread ${thread}.`);

    const [remote, tools] = [temporaryFolder(), temporaryFolder()];
    execFileSync('git', ['init', '--quiet', '--bare', remote]);
    execFileSync('git', ['remote', 'add', 'origin', remote], { cwd: folder });
    const gh = join(tools, 'gh');
    writeFileSync(
      gh,
      `#!/bin/sh\n{ printf '%s\\n' "$@"; cat; } >"${tools}/asked"\necho https://github.com/o/r/pull/7\n`,
    );
    chmodSync(gh, 0o755);
    const open = () =>
      kino(['review', '--thread', thread, '--pull-request'], {
        cwd: folder,
        env: { PATH: `${tools}:${process.env.PATH}` },
      });
    expect(await open()).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('2 files are not committed (a.txt, b.txt); commit them first.'),
    });
    execFileSync('git', ['add', '.'], { cwd: folder });
    execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b', 'commit', '-qm', 'done'], {
      cwd: folder,
    });
    expect(await open()).toMatchObject({ code: 0, stdout: 'https://github.com/o/r/pull/7\n' });
    const asked = readFileSync(join(tools, 'asked'), 'utf8');
    expect(asked).toContain('pr\ncreate\n--title\nchange the top\n--body-file\n-\n--head\n');
    expect(asked).toContain('## How to read it\n\n1. `a.txt`');
    expect(execFileSync('git', ['branch', '--list'], { cwd: remote, encoding: 'utf8' })).not.toBe('');
  });

  test('in the page: why, reject with the agent told, put back, accept', async (context) => {
    const browser = browserOf();
    if (!browser) return context.skip();
    const { folder, thread, args } = await changed();
    const served = await startServing(args);
    const { page, problems } = await openPage(browser, served);
    await page.goto(`${served.origin}/changes/${thread}`);
    await page.getByText('0 of 3 parts accepted').waitFor();
    await page.getByRole('button', { name: /^Why: line 26.* of a\.txt/ }).click();
    await page.getByText('and now the end').waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: /^Reject: line 26.* of a\.txt/ }).click();
    await page.getByText('Taken out', { exact: true }).waitFor();
    expect(text(folder)).not.toContain('twenty-eight');
    await page.getByRole('button', { name: 'Send 1 comment and let it go on' }).click();
    await expect
      .poll(() => JSON.stringify(model!.requests.at(-1)!.body.messages))
      .toContain('> -line 28\\n> +line twenty-eight\\nI have taken this out of your change; leave it out.');
    await page.getByRole('button', { name: 'Put back' }).click();
    await page.getByText('Taken out', { exact: true }).waitFor({ state: 'detached' });
    expect(text(folder)).toContain('twenty-eight');
    await page.getByRole('button', { name: /^Accept: .*of b\.txt/ }).click();
    await page.getByText('1 of 3 parts accepted').waitFor();
    expect(await violations(page)).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('in the page: by keys from part to part, stops to go to, comments where their lines are, colours', async (context) => {
    const browser = browserOf();
    if (!browser) return context.skip();
    const { folder, thread, args } = await changed();
    writeFileSync(join(folder, 'c.ts'), "export const c = 'a string';\n");
    const served = await startServing(args);
    const { page, problems } = await openPage(browser, served);
    await page.goto(`${served.origin}/changes/${thread}`);
    await page.getByText('0 of 4 parts accepted').waitFor();
    const tour = page.getByRole('region', { name: 'Tour of the change' });
    const sizeOf = (name: string) => page.evaluate((of) => CSS.highlights.get(of)?.size ?? 0, name);
    await expect.poll(() => sizeOf('code-keyword')).toBeGreaterThan(0);
    await expect.poll(() => sizeOf('changed-added')).toBe(1);
    // The first part, the next one, and back.
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.keyboard.press('a');
    await page.getByText('1 of 4 parts accepted').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('w');
    await page.getByRole('region', { name: 'Why it is there' }).waitFor();
    await page.keyboard.press('x');
    await page.getByText('Taken out', { exact: true }).waitFor();

    await page
      .getByRole('navigation', { name: 'Stops' })
      .getByRole('button', { name: /b\.txt/ })
      .click();
    await tour.getByRole('button', { name: 'Comment on line 1 of b.txt' }).click();
    await page.getByLabel('Comment', { exact: true }).fill('why new?');
    await page.getByRole('button', { name: 'Add to the comments' }).click();
    await tour.getByText('why new?').waitFor();
    // Its line has moved: it stands where that is now.
    writeFileSync(join(folder, 'b.txt'), 'before\nnew\n');
    await page.reload();
    const row = tour.locator('[data-index]').filter({ hasText: 'why new?' });
    await row.waitFor();
    const above = Number(await row.getAttribute('data-index')) - 1;
    expect(await tour.locator(`[data-index="${above}"]`).textContent()).toContain('new');
    await row.getByRole('button', { name: 'Remove' }).click();
    await row.waitFor({ state: 'detached' });
    expect(await violations(page)).toEqual([]);

    // Between two commits it is only read.
    for (const [message, file] of [
      ['second', 'b.txt'],
      ['third', 'c.ts'],
    ] as const) {
      execFileSync('git', ['add', file], { cwd: folder });
      const author = ['-c', 'user.name=a', '-c', 'user.email=a@b'];
      execFileSync('git', [...author, 'commit', '-qm', message], { cwd: folder });
    }
    await page.getByLabel(/^Compare with a commit/).fill('HEAD~2..HEAD~1');
    await page.keyboard.press('Enter');
    await page.getByText('1 file', { exact: true }).waitFor();
    await tour.getByRole('button', { name: /b\.txt/ }).waitFor();
    expect(await tour.getByRole('button', { name: /^(?:Accept|Reject|Comment on)/ }).count()).toBe(0);
    // It is in the address.
    expect(new URL(page.url()).searchParams.get('against')).toBe('HEAD~2..HEAD~1');
    await page.reload();
    await page.getByText('1 file', { exact: true }).waitFor();
    const decide = `/api/threads/${thread}/changes/decisions?against=HEAD~2..HEAD~1`;
    expect(await served.ask(decide, { decision: 'reopen', hunk: '0'.repeat(12) })).toMatchObject({
      status: 409,
    });
    expect(await served.ask(`/api/threads/${thread}/changes?against=HEAD..none`)).toMatchObject({
      status: 409,
    });
    expect(problems).toEqual([]);
  });
});
