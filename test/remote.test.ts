import { statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { kino } from './support/cli.ts';
import { type ModelServer, startModelServer } from './support/model-server.ts';
import { createRepository } from './support/repository.ts';
import { startServing } from './support/serving.ts';
import { temporaryFolder } from './support/temporary.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let model: ModelServer | undefined;
afterEach(() => model?.close());

async function begin() {
  model = await startModelServer(({ body }) => {
    const messages = body.messages as { role: string; content: unknown }[];
    const said = JSON.stringify(messages.at(-1)!.content);
    if (said.includes('PUBLISH')) return { calls: [{ name: 'bash', args: { command: 'npm publish' } }] };
    if (said.includes('SLEEP')) return { calls: [{ name: 'bash', args: { command: 'sleep 30' } }] };
    if (said.includes('ASK'))
      return { calls: [{ name: 'ask', args: { question: 'Which one?', options: ['left', 'right'] } }] };
    return { text: `Heard: ${said.slice(0, 80)}` };
  });
  const { path: folder } = createRepository([{ message: 'first', files: { 'a.js': '1\n' } }]);
  // Another machine: it has a home of its own.
  const home = temporaryFolder();
  const served = await startServing(
    ['--model', 'openai-compatible/scripted', '--base-url', `${model.url}/v1`],
    { KINO_HOME: temporaryFolder() },
  );
  const remote = (...args: string[]) => kino(['remote', ...args], { cwd: home, env: { KINO_HOME: home } });
  return { served, folder, home, remote };
}

describe('a server that is driven from a terminal', () => {
  test('is connected to, begins work, is watched, told, asked and stopped', async () => {
    const { served, folder, home, remote } = await begin();
    expect(await remote('board')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('No server is known: say `kino remote connect`'),
    });
    expect(await remote('connect', served.origin)).toMatchObject({ code: 2 });
    const open = served.url.replace('127.0.0.1', 'kino.example');
    expect(await remote('connect', open)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('whoever is on the way reads the token'),
    });
    const env = { KINO_HOME: temporaryFolder() };
    expect(await kino(['remote', 'connect'], { cwd: home, env, input: `${served.url}\n` })).toMatchObject({
      code: 0,
      stdout: `${served.origin}, 0 threads\n`,
    });
    expect(await kino(['remote', 'connect'], { cwd: home, env, input: '' })).toMatchObject({ code: 2 });
    expect(await remote('connect', served.url)).toMatchObject({
      code: 0,
      stdout: `${served.origin}, 0 threads\n`,
    });
    expect(statSync(join(home, 'remote.json')).mode & 0o077).toBe(0);
    const ran = await remote('run', 'say it', '--folder', folder);
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('Heard: ') });
    const { threads } = (await served.ask('/api/board')).json;
    const [{ id }] = threads;
    expect((await remote('board')).stdout).toMatch(new RegExp(`${id.slice(-6)} +done .*say it`));
    expect(await remote('say', id.slice(-6), 'and more')).toMatchObject({ stdout: 'It goes on.\n' });
    expect((await remote('watch', id)).stdout).toContain('and more');

    const asked = JSON.parse(
      (await remote('run', 'PUBLISH', '--folder', folder, '--no-follow', '--json')).stdout,
    );
    await expect
      .poll(async () => (await remote('inbox')).stdout, { timeout: 10_000 })
      .toContain('npm publish');
    const waits = async () => (await remote('inbox')).stdout.split(' ', 1)[0]!;
    expect(await remote('answer', 'nothing', 'no')).toMatchObject({ code: 2 });
    expect(await remote('answer', await waits(), 'maybe')).toMatchObject({ code: 2 });
    expect(await remote('answer', await waits(), 'no')).toMatchObject({ code: 0 });
    const watched = JSON.parse((await remote('watch', asked.thread, '--json')).stdout);
    expect(watched.events).toContainEqual(
      expect.objectContaining({ type: 'permission.decided', outcome: 'deny' }),
    );
    await remote('run', 'ASK me', '--folder', folder, '--no-follow');
    await expect
      .poll(async () => (await remote('inbox')).stdout, { timeout: 10_000 })
      .toContain('Which one?');
    expect(await remote('answer', await waits(), 'left')).toMatchObject({ code: 0 });
    expect(await remote('stop', asked.thread)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Nobody works on it now.'),
    });
    await served.stop();
    expect(await remote('board')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/The server does not answer \(ECONNREFUSED\)\./),
    });
  });

  test('what is said to an agent that is then stopped stays, and is heard when it goes on', async () => {
    const { served, folder, remote } = await begin();
    await remote('connect', served.url);
    const begun = { folder, prompt: 'SLEEP', worktree: false, mode: 'bypass' };
    const { json } = await served.ask('/api/threads', begun);
    await expect
      .poll(async () => JSON.stringify((await served.ask('/api/board')).json), { timeout: 10_000 })
      .toContain('bash sleep 30');
    expect(await remote('say', json.thread, 'mind the gap')).toMatchObject({ code: 0 });
    expect(await remote('say', json.thread, 'then rest', '--queue')).toMatchObject({ code: 0 });
    expect(await remote('stop', json.thread)).toMatchObject({ code: 0 });
    const watched = JSON.parse((await remote('watch', json.thread, '--json')).stdout);
    expect(watched.events.slice(-3)).toMatchObject([
      { type: 'user.message', text: 'mind the gap', delivery: 'steer' },
      { type: 'user.message', text: 'then rest', delivery: 'queue' },
      { type: 'thread.ended', status: 'interrupted' },
    ]);
    await remote('say', json.thread, 'go on now');
    await remote('watch', json.thread);
    const heard = JSON.stringify(model!.requests.at(-1)!.body.messages);
    for (const text of ['mind the gap', 'then rest', 'go on now']) expect(heard).toContain(text);
  });

  test('what is no server, or no address of one, is told in a sentence', async () => {
    const { home } = await begin();
    const ask = (env: Record<string, string>) =>
      kino(['remote', 'board'], { cwd: home, env: { KINO_HOME: home, ...env } });
    expect(await ask({ KINO_SERVER: 'localhost:8080', KINO_SERVE_TOKEN: 'x' })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('KINO_SERVER must be an address'),
    });
    writeFileSync(join(home, 'remote.json'), '{');
    expect(await ask({})).toMatchObject({ code: 2, stderr: expect.stringContaining('No server is known') });
    const other = createServer((_, response) => response.end('<html>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const address = `http://127.0.0.1:${(other.address() as AddressInfo).port}/?token=x`;
    expect(await kino(['remote', 'connect', address], { env: { KINO_HOME: home } })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('What answers there is no server of Kino.'),
    });
  });

  test('tells what it answers, as OpenAPI, each operation by a name of its own', async () => {
    const { served } = await begin();
    const { json } = await served.ask('/api/openapi.json');
    expect(json).toMatchObject({
      openapi: '3.1.0',
      components: { securitySchemes: { token: { scheme: 'bearer' } } },
    });
    const operations = Object.values(json.paths).flatMap((path) => Object.values(path as object));
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(json.paths['/api/threads'].post.requestBody.content['application/json'].schema).toMatchObject({
      required: ['folder', 'prompt'],
    });
    expect(json.paths['/api/compare'].get.parameters).toMatchObject([
      { name: 'a', in: 'query', required: true },
      { name: 'b', in: 'query', required: true },
    ]);
  });
});
