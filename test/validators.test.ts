import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openPage, sharedBrowser, violations } from './support/browser.ts';
import { kino } from './support/cli.ts';
import { type ModelServer, startModelServer } from './support/model-server.ts';
import { createRepository } from './support/repository.ts';
import { startServing } from './support/serving.ts';
import { temporaryFolder } from './support/temporary.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const browserOf = sharedBrowser();
let model: ModelServer | undefined;
afterEach(() => model?.close());

const CONFIG = JSON.stringify({
  validators: [
    {
      name: 'no bad file',
      command: ['sh', '-c', 'if [ -e bad.txt ]; then echo bad.txt is there; exit 1; fi'],
    },
    { command: ['no-such-program'] },
  ],
});

async function begin() {
  model = await startModelServer(({ body }) => {
    const messages = body.messages as { role: string; content: unknown }[];
    if (messages.at(-1)!.role === 'tool') return { text: 'ok' };
    const mends = JSON.stringify(messages.at(-1)!.content).includes('do not pass');
    return {
      calls: [
        { name: 'bash', args: { command: mends ? 'rm bad.txt' : 'echo x > bad.txt; echo y > good.txt' } },
      ],
    };
  });
  const { path: folder } = createRepository([{ message: 'first', files: { 'a.js': '1\n' } }]);
  mkdirSync(join(folder, '.kino'));
  writeFileSync(join(folder, '.kino/config.json'), CONFIG);
  const env = { KINO_HOME: temporaryFolder() };
  await kino(['trust'], { cwd: folder, env });
  return { folder, env, args: ['--model', 'openai-compatible/scripted', '--base-url', `${model.url}/v1`] };
}

describe('validators', () => {
  test('from the terminal: of the files as they are, of a thread; what is not there says nothing', async () => {
    const { folder, env, args } = await begin();
    const review = (...more: string[]) => kino(['review', ...more], { cwd: folder, env });
    expect(await review('--validate', 'HEAD..HEAD')).toMatchObject({ code: 2 });
    const ran = await kino(['run', 'do it', '--output', 'json', ...args], { cwd: folder, env });
    const { thread } = JSON.parse(ran.stdout);
    expect(await review('--validate')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(
        /✗ no bad file failed .*\n {4}bad\.txt is there\n– no-such-program not-run/,
      ),
    });
    // What nobody trusts as it is now is not run, and that is no pass.
    writeFileSync(join(folder, '.kino/config.json'), '{"validators":[{"command":["true"]}]}');
    expect(await review('--validate')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('kino trust'),
    });
    await kino(['trust'], { cwd: folder, env });
    expect(await review('--validate')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('✓ true passed'),
    });
    writeFileSync(join(folder, '.kino/config.json'), CONFIG);
    await kino(['trust'], { cwd: folder, env });
    const results = JSON.parse((await review('--validate', '--thread', thread, '--json')).stdout);
    expect(results).toMatchObject([{ result: 'failed' }, { result: 'not-run' }]);
  });

  test('in the manager they run when work is done; what does not pass is in the inbox and can be mended from there', async (context) => {
    const browser = browserOf();
    if (!browser) return context.skip();
    const { folder, env, args } = await begin();
    const served = await startServing(args, env);
    const { page, problems } = await openPage(browser, served);
    const { json } = await served.ask('/api/threads', { folder, prompt: 'do it', worktree: false });
    await page.goto(`${served.origin}/inbox`);
    await page.getByText('Does not pass: no bad file').waitFor();
    expect(await violations(page)).toEqual([]);
    await expect(page.getByRole('button', { name: 'Let it mend that' }).isEnabled()).resolves.toBe(true);
    await page.waitForTimeout(600);
    await page.keyboard.press('m');
    await page.getByText('Does not pass: no bad file').waitFor({ state: 'detached' });
    expect(JSON.stringify(model!.requests.at(-1)!.body.messages)).toContain('bad.txt is there');
    await page.getByRole('button', { name: 'Seen' }).waitFor();
    await page.waitForTimeout(600);
    await page.keyboard.press('s');
    await page.getByRole('button', { name: 'Seen' }).waitFor({ state: 'detached' });
    await page.goto(`${served.origin}/changes/${json.thread}`);
    await page.getByText('no bad file passed').waitFor();
    await page.getByRole('button', { name: 'Validate' }).click();
    await page.getByText('no-such-program not-run').waitFor();
    expect(problems).toEqual([]);
  });
});
