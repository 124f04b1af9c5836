import {
  chmodSync,
  existsSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
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
import { eventsOf } from './support/threads.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const browserOf = sharedBrowser();
let model: ModelServer | undefined;
afterEach(() => model?.close());

const NOTES = '## Goal\nIt.\n## Decisions\nNone.\n## Tried\nThat.\n## Next step\nMore.';

/** Appends what the last prompt says to a file; in another way where it is asked for another. */
function turnFor({ body }: RecordedRequest): Turn {
  const messages = body.messages as { role: string; content: unknown }[];
  const said = JSON.stringify(messages.at(-1)!.content);
  if (messages.at(-1)!.role === 'tool') {
    const asked = JSON.stringify(messages.findLast(({ role }) => role === 'user')!.content);
    return { text: `Wrote ${/WRITE (\w+)/.exec(asked)![1]}.` };
  }
  if (said.includes('Stop working.')) return { text: NOTES };
  const word = /WRITE (\w+)/.exec(said)?.[1];
  if (word === undefined) return { text: 'Nothing to do.' };
  return {
    calls: [{ name: 'bash', args: { command: `echo ${word} >> log.txt; echo ${word} > ${word}.txt` } }],
  };
}

async function begin() {
  model = await startModelServer(turnFor);
  const { path: folder } = createRepository([
    { message: 'first', files: { 'log.txt': 'start\n', 'gone.txt': 'x\n' } },
  ]);
  await kino(['trust'], { cwd: folder });
  const args = ['--model', 'openai-compatible/scripted', '--base-url', `${model.url}/v1`];
  const run = async (...more: string[]) =>
    JSON.parse((await kino([...more, '--output', 'json', ...args], { cwd: folder })).stdout);
  return { folder, args, run };
}

describe('a fork', () => {
  test('has the files and the conversation as they were, and what it came from stays as it is', async () => {
    const { folder, run } = await begin();
    const { thread } = await run('run', 'WRITE one');
    writeFileSync(join(folder, 'mine.sh'), '#!/bin/sh\n');
    chmodSync(join(folder, 'mine.sh'), 0o755);
    symlinkSync('log.txt', join(folder, 'link'));
    const before = await eventsOf(thread);
    const fork = await run('fork', thread);
    expect(readFileSync(join(fork.workspace, 'log.txt'), 'utf8')).toBe('start\none\n');
    expect(statSync(join(fork.workspace, 'mine.sh')).mode & 0o100).toBe(0o100);
    expect(readlinkSync(join(fork.workspace, 'link'))).toBe('log.txt');
    await run('resume', fork.thread, 'WRITE two');
    expect(readFileSync(join(fork.workspace, 'log.txt'), 'utf8')).toBe('start\none\ntwo\n');
    expect(readFileSync(join(folder, 'log.txt'), 'utf8')).toBe('start\none\n');
    expect(await eventsOf(thread)).toEqual(before);
    const said = JSON.stringify(model!.requests.at(-1)!.body.messages);
    expect(said).toContain('WRITE one');
    expect(said).toContain('copy of the workspace');
    expect((await eventsOf(fork.thread))[0]).toMatchObject({
      forkedFrom: { thread, seq: before.at(-1)!.seq },
      title: 'WRITE one (fork)',
    });
  });

  test('of an earlier moment has the files of then', async () => {
    const { run } = await begin();
    const { thread } = await run('run', 'WRITE one');
    await run('resume', thread, 'WRITE two');
    const at = (await eventsOf(thread)).find(({ type }) => type === 'thread.ended')!.seq;
    // The newest thread goes without saying.
    const fork = await run('fork', 'WRITE three', '--at', String(at));
    const [started] = await eventsOf(fork.thread);
    const { workspace } = started as { workspace: string };
    expect(readFileSync(join(workspace, 'log.txt'), 'utf8')).toBe('start\none\nthree\n');
    expect(existsSync(join(workspace, 'two.txt'))).toBe(false);
  });

  test('that cannot be is refused in a sentence', async () => {
    const { folder, run } = await begin();
    const { thread } = await run('run', 'WRITE one');
    const refused = async (...more: string[]) => kino(['fork', ...more], { cwd: folder });
    expect(await refused(thread, '--at', '999')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/has \d+ events; there is no event 999\./),
    });
    expect(await refused('nothing')).toMatchObject({ code: 2 });
  });
});

describe('in the manager', () => {
  test('attempts are begun together, held against each other, forked and handed off', async (context) => {
    const browser = browserOf();
    if (!browser) return context.skip();
    const { folder, args } = await begin();
    const served = await startServing(args);
    const { page, problems } = await openPage(browser, served);
    await page.goto(`${served.origin}/new`);
    await page.getByLabel('What is wanted').fill('WRITE same');
    await page.getByLabel('Repository').fill(folder);
    await page.getByText('Kino’s agent, the configured model').click();
    await page.getByLabel('Attempts').fill('2');
    await page.getByRole('button', { name: 'Start' }).click();
    await expect
      .poll(() => page.getByRole('link', { name: /WRITE same.*done/ }).count(), { timeout: 20_000 })
      .toBe(2);
    await page
      .getByRole('link', { name: /WRITE same/ })
      .first()
      .click();
    await page.getByText('Wrote same.').first().waitFor();
    await page.getByRole('button', { name: 'Fork' }).click();
    await page.getByRole('heading', { name: 'WRITE same (fork)' }).waitFor();
    await page.getByLabel('What next').fill('WRITE other');
    await page.keyboard.press('Enter');
    await page.getByText('Wrote other.').first().waitFor();
    await page.getByLabel('Compare with another attempt').selectOption({ index: 1 });
    await page.getByRole('heading', { name: 'Two attempts' }).waitFor();
    await page.getByText('other.txt').first().waitFor();
    const [a, b] = [page.getByLabel('Attempt A'), page.getByLabel('Attempt B')];
    await a.getByText('3, +4 −0').waitFor();
    await b.getByText('2, +2 −0').waitFor();
    await page.getByRole('heading', { name: 'From A to B' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await b.getByRole('link', { name: /WRITE same/ }).click();
    await page.getByRole('button', { name: 'Hand off' }).click();
    const notes = page.getByLabel(/^Notes that a fresh session/);
    await expect.poll(() => notes.inputValue(), { timeout: 10_000 }).toContain('## Next step');
    await page.getByRole('button', { name: 'Start afresh from them' }).click();
    await page.getByRole('heading', { name: 'Go on from these notes' }).waitFor();
    await page.getByText('Wrote same.').first().waitFor();
    expect(problems).toEqual([]);
  });
});
