import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { kino } from './support/cli.ts';
import { type ModelServer, startModelServer, type Turn } from './support/model-server.ts';
import { createRepository } from './support/repository.ts';
import { startServing } from './support/serving.ts';
import { temporaryFolder } from './support/temporary.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let model: ModelServer | undefined;
afterEach(() => model?.close());

const CONTENT = '# About it\n\nThe base is one.\n\n## Open questions\n\n- Which? (left | right)\n';

function turnFor({ body }: { body: Record<string, unknown> }): Turn {
  const said = JSON.stringify(body.messages);
  const name = /under the name \\"([a-z]+)\\"/.exec(said)?.[1];
  const comment = /<comment id=\\"(c[0-9a-z]+)\\"/.exec(said)?.[1];
  if (comment !== undefined && !said.includes('Answered.'))
    return { calls: [{ name: 'answer_comment', args: { comment, answer: 'It is two.', addressed: true } }] };
  if (said.includes('is written, version') || said.includes('"role":"tool"')) return { text: 'It is done.' };
  if (name !== undefined) return { calls: [{ name: 'write_artifact', args: { name, content: CONTENT } }] };
  const [, file] = /WRITE (\w+)/.exec(said) ?? [];
  if (file !== undefined)
    return {
      calls: [
        { name: 'write', args: { path: 'b.js', content: `export const b = '${file}';\n` } },
        { name: 'write_artifact', args: { name: 'plan', content: CONTENT } },
      ],
    };
  return { text: 'ok' };
}

async function begin() {
  model = await startModelServer(turnFor);
  const { path: folder } = createRepository([{ message: 'first', files: { 'a.js': '1\n' } }]);
  await kino(['trust'], { cwd: folder });
  // Another machine: it has a home of its own.
  const home = temporaryFolder();
  const served = await startServing([
    '--model',
    'openai-compatible/scripted',
    '--base-url',
    `${model.url}/v1`,
  ]);
  const remote = (...args: string[]) => kino(['remote', ...args], { cwd: home, env: { KINO_HOME: home } });
  await remote('connect', served.url);
  return { served, folder, home, remote };
}

describe('from another machine', () => {
  test('a flow is begun, read, commented, sent back, approved', async () => {
    const { folder, remote } = await begin();
    expect(await remote('flow')).toMatchObject({ code: 2, stderr: expect.stringContaining('no flow') });
    const begun = await remote('flow', 'start', 'make it better', '--folder', folder);
    expect(begun.stdout).toMatch(/\? research +\d steps .*research\n/);
    expect(begun.stdout).toContain('research waits for you, 1 open question: kino remote flow show');
    const stand = JSON.parse((await remote('flow', 'status', '--json')).stdout);
    expect(stand).toMatchObject({ state: 'needs-you', phase: 'research' });
    const waits = await remote('inbox');
    expect(waits.stdout).toContain(`${stand.id.slice(-6)}  approval  research waits for your approval.`);
    expect((await remote('flow', 'show')).stdout).toContain('The base is one.');

    const thread = stand.phases[0].thread;
    expect(await remote('comment', thread, 'research', 'why one?', '--on', 'nowhere')).toMatchObject({
      code: 2,
    });
    await remote('comment', thread, 'research', 'why one?', '--on', 'base');
    await remote('answer-question', thread, 'research', '1', '2');
    const read = await remote('artifacts', thread, 'research');
    expect(read.stdout).toMatch(/draft +c\w+ v1 on line 3: "base"\n +why one\?/);
    expect(read.stdout).toContain('      right');
    const again = JSON.parse((await remote('flow', 'send-back', '--json')).stdout);
    expect(again.phases[0].artifacts[0].comments[0]).toMatchObject({ status: 'addressed' });
    const planned = JSON.parse((await remote('flow', 'approve', stand.id.slice(-6), '--json')).stdout);
    expect(planned).toMatchObject({ state: 'needs-you', phase: 'plan' });
    const anew = JSON.parse((await remote('flow', 'discard', '--json')).stdout);
    expect(anew.phases[1]).toMatchObject({ runs: 2, approved: false });
    expect(await remote('flow', 'send-back')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is nothing to send back'),
    });
  });

  test('what a thread made is read, reviewed, forked, handed off, shared, held against another', async () => {
    const { folder, home, remote } = await begin();
    const run = async (prompt: string) =>
      JSON.parse((await remote('run', prompt, '--folder', folder, '--json')).stdout).thread as string;
    const one = await run('WRITE one');
    const two = await run('WRITE two');
    expect((await remote('inbox')).stdout).toContain(`${one.slice(-6)}  ended  done`);
    expect(await remote('seen', one)).toMatchObject({ code: 0 });
    expect((await remote('inbox')).stdout).not.toContain(one.slice(-6));
    expect((await remote('artifacts', one)).stdout).toMatch(/plan +plan +1 +0 +About it/);
    expect((await remote('review', one)).stdout).toMatch(/1\. b\.js {2}\+1 −0/);
    const [hunk] = /[0-9a-f]{12}/.exec((await remote('review', one, '--hunks')).stdout)!;
    expect((await remote('review', one, '--hunks', '--reject', hunk!)).stdout).toMatch(
      /✗ \w+ {2}b\.js {2}taken out/,
    );
    expect((await remote('review', one, '--hunks', '--reopen', hunk!)).stdout).toMatch(/\? \w+ {2}b\.js:1/);
    const compared = (await remote('compare', one, two)).stdout;
    expect(compared).toMatch(/files +1, \+1 −0 +1, \+1 −0/);
    expect(compared).toMatch(/From A to B[\s\S]*b\.js {2}\+1 −1/);
    const local = await kino(['review', '--thread', one, '--compare', two]);
    expect(local.stdout).toBe(compared);
    const forked = JSON.parse((await remote('fork', one, '--json')).stdout);
    expect(existsSync(join(forked.workspace, 'b.js'))).toBe(true);
    expect((await remote('handoff', one, '--digest')).stdout).toContain('WRITE one');
    expect(await remote('share', one, '--hide', 'one', '--out', 'page.html')).toMatchObject({ code: 0 });
    const page = readFileSync(join(home, 'page.html'), 'utf8');
    expect(page).toContain('[scrubbed: hidden]');
    const link = (await remote('share', one, '--link')).stdout.split('\n', 1)[0]!;
    expect(await (await fetch(link)).text()).toContain('b.js');
    expect(await remote('resume', one)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('at its end'),
    });
    await remote('comment', two, 'plan', 'why?');
    expect((await remote('send', two)).stdout).toBe('1 comment sent\n');
    await remote('watch', two);
    expect((await remote('artifacts', two, 'plan')).stdout).toContain('↳ It is two.');
  });
});
