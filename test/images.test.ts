import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { kino } from './support/cli.ts';
import { type ModelServer, startModelServer } from './support/model-server.ts';
import { createRepository } from './support/repository.ts';
import { temporaryFolder } from './support/temporary.ts';

let model: ModelServer | undefined;
afterEach(() => model?.close());

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAECAIAAAA8r+mnAAAAEUlEQVR4nGP8z4AdMOEQH8oSAEFIAQfPsrScAAAAAElFTkSuQmCC';

/** A provider's endpoint for images, as OpenAI documents it: the image comes as base64. */
async function imageServer(answer: () => { status: number; body: unknown }) {
  const asked: { path: string; body: Record<string, unknown> }[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    asked.push({ path: request.url!, body: JSON.parse(text) });
    const { status, body } = answer();
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked };
}

async function run(url: string, imageModel?: string) {
  model = await startModelServer(({ body }) =>
    JSON.stringify(body.messages).includes('"role":"tool"')
      ? { text: 'done' }
      : {
          calls: [
            { name: 'make_image', args: { prompt: 'a red door', path: 'img/door.png', size: '1024x1024' } },
          ],
        },
  );
  const home = temporaryFolder();
  const { path: cwd } = createRepository([{ message: 'first', files: { 'a.js': '1\n' } }]);
  writeFileSync(
    join(home, 'config.json'),
    JSON.stringify({
      providers: { own: { api: 'openai-compatible', baseUrl: url }, claude: { api: 'anthropic' } },
      ...(imageModel !== undefined && { imageModel }),
    }),
  );
  const args = ['--model', 'openai-compatible/scripted', '--base-url', `${model.url}/v1`, '--mode', 'bypass'];
  const ran = await kino(['run', 'draw it', ...args], { cwd, env: { KINO_HOME: home } });
  return { ...ran, cwd, requests: model.requests };
}

describe('images', () => {
  test('are made by the model that is named for it, written and shown', async () => {
    const { url, asked } = await imageServer(() => ({ status: 200, body: { data: [{ b64_json: PNG }] } }));
    const { code, cwd, requests } = await run(url, 'own/painter');
    expect(code).toBe(0);
    expect(asked).toMatchObject([
      {
        path: '/v1/images/generations',
        body: { model: 'painter', prompt: 'a red door', size: '1024x1024', n: 1 },
      },
    ]);
    expect(readFileSync(join(cwd, 'img/door.png')).toString('base64')).toBe(PNG);
    expect(JSON.stringify(requests[1]!.body.messages)).toContain(`data:image/png;base64,${PNG}`);
  });

  test('a provider that fails, or gives none, is told to the agent, and nothing is written', async () => {
    const { url } = await imageServer(() => ({
      status: 200,
      body: { data: [{ b64_json: 'bm8gaW1hZ2U=' }] },
    }));
    const { requests } = await run(url, 'own/painter');
    expect(JSON.stringify(requests[1]!.body.messages)).toContain('own/painter gave no image.');
    await model!.close();
    const failing = await imageServer(() => ({
      status: 400,
      body: { error: { message: 'not that', code: 'x' } },
    }));
    const failed = await run(failing.url, 'own/painter');
    expect(JSON.stringify(failed.requests[1]!.body.messages)).toMatch(/answered 400: .*not that/);
  });

  test('without such a model there is no such tool; one that can make none is said so', async () => {
    const { requests } = await run('http://127.0.0.1:9/v1');
    expect(JSON.stringify(requests[0]!.body.tools)).not.toContain('make_image');
    await model!.close();
    expect(await run('http://127.0.0.1:9/v1', 'claude/x')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('claude has no model that makes images.'),
    });
  });
});
