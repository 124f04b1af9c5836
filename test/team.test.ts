import { execFileSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
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

/** Two people's work: one thread whose lines stand by half, one whose lines all went. */
async function worked() {
  model = await startModelServer(({ body }) => {
    const said = JSON.stringify(body.messages);
    const file = /WRITE (\w+)/.exec(said)![1]!;
    if (said.includes('"role":"tool"')) return { text: 'ok' };
    const content = Array.from({ length: 4 }, (_, at) => `${file} ${at}`).join('\n');
    return { calls: [{ name: 'write', args: { path: `${file}.txt`, content: `${content}\n\n}\n` } }] };
  });
  const { path: folder } = createRepository([{ message: 'first', files: { 'a.js': '1\n' } }]);
  const home = temporaryFolder();
  const env = { KINO_HOME: home };
  await kino(['trust'], { cwd: folder, env });
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder });
  const args = ['--model', 'openai-compatible/scripted', '--base-url', `${model.url}/v1`];
  for (const [person, file] of [
    ['Ada', 'one'],
    ['Bob', 'two'],
    ['Bob', 'three'],
  ] as const) {
    git('config', 'user.name', person);
    await kino(['run', `WRITE ${file}`, ...args], { cwd: folder, env });
  }
  writeFileSync(join(folder, 'one.txt'), 'one 0\none 1\nelse\n');
  writeFileSync(join(folder, 'two.txt'), 'nothing of it\n');
  appendFileSync(join(folder, 'three.txt'), 'more\n');
  git('add', '.');
  git('-c', 'user.email=a@b', 'commit', '--quiet', '-m', 'second');
  return { folder, env, args };
}

describe('the team', () => {
  test('threads are by who commits; lines are kept that stand in the current commit, with n and interval', async (context) => {
    const { folder, env, args } = await worked();
    const team = (...more: string[]) => kino(['team', ...more], { cwd: folder, env });
    const { members } = JSON.parse((await team('--days', '0', '--json')).stdout);
    expect(members).toMatchObject([
      {
        person: 'Bob',
        threads: 2,
        done: 2,
        asked: [{ title: 'WRITE three' }, { title: 'WRITE two' }],
        kept: { added: 8, kept: 4, share: { mean: 0.5, n: 2, interval: [0, 1] } },
      },
      { person: 'Ada', threads: 1, kept: { added: 4, kept: 2, share: { mean: 0.5, n: 1 } } },
    ]);
    expect(members[0].weeks.at(-1)).toBe(2);
    const shown = (await team('--days', '0')).stdout;
    expect(shown).toMatch(/Ada +1 .*50 % \(no interval; 1 thread, 2 of 4 lines\)/);
    expect((await team()).stdout).toContain('no work is that old');
    expect(await team('--days', 'x')).toMatchObject({ code: 2 });

    const browser = browserOf();
    if (!browser) return context.skip();
    const served = await startServing(args, env);
    const { page, problems } = await openPage(browser, served);
    await page.getByRole('link', { name: /WRITE one/ }).waitFor();
    await page.keyboard.press('t');
    await page.getByText('No work is old enough').first().waitFor();
    await page.getByLabel('Lines kept after').selectOption('0');
    await page.getByText('2 threads, 4 of 8 lines').waitFor();
    expect(await violations(page)).toEqual([]);
    expect(problems).toEqual([]);
  });
});
