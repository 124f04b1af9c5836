import { spawnSync } from 'node:child_process';
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { kino } from './support/cli.ts';
import { type ModelServer, type Script, startModelServer } from './support/model-server.ts';
import { createRepository } from './support/repository.ts';
import { type Served, startServing } from './support/serving.ts';
import { temporaryFolder } from './support/temporary.ts';

let model: ModelServer | undefined;
afterEach(async () => {
  await model?.close();
  model = undefined;
});

async function serveWith(script: Script = [{ text: 'done' }]): Promise<Served> {
  model = await startModelServer(script);
  return startServing(['--model', 'openai-compatible/scripted', '--base-url', `${model.url}/v1`]);
}

async function repository(): Promise<string> {
  const { path } = createRepository([{ message: 'first', files: { 'a.js': '1\n' } }]);
  expect((await kino(['trust'], { cwd: path })).code).toBe(0);
  return path;
}

/** A request with the headers that a browser would not let a page set. */
function raw(
  { origin }: Served,
  path: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<{ status: number; headers: Record<string, unknown>; text: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(origin);
    const asked = request({ hostname, port, path, method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

const until = async <T>(read: () => Promise<T>, isIt: (value: T) => unknown): Promise<T> => {
  let found = await read();
  await expect
    .poll(
      async () => {
        found = await read();
        return Boolean(isIt(found));
      },
      { timeout: 20_000 },
    )
    .toBe(true);
  return found;
};

describe('who may ask', () => {
  test('without the token, by another name, or from another page: nothing is told', async () => {
    const served = await serveWith();
    const { host } = new URL(served.origin);
    const bearer = { authorization: `Bearer ${served.token}` };
    const board = (headers: Record<string, string>) => raw(served, '/api/board', { host, ...headers });
    expect((await board(bearer)).status).toBe(200);
    expect((await board({ ...bearer, origin: served.origin, 'sec-fetch-site': 'same-origin' })).status).toBe(
      200,
    );
    expect((await board({})).status).toBe(401);
    expect((await board({ authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await board({ cookie: 'kino=wrong' })).status).toBe(401);
    // A name that was rebound to this machine.
    expect((await board({ ...bearer, host: `evil.example:${new URL(served.origin).port}` })).status).toBe(
      403,
    );
    expect((await board({ ...bearer, host: '127.0.0.1' })).status).toBe(403);
    expect((await board({ ...bearer, origin: 'https://evil.example' })).status).toBe(403);
    expect((await board({ ...bearer, origin: 'null' })).status).toBe(403);
    expect((await board({ ...bearer, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await board({ ...bearer, 'sec-fetch-site': 'same-site' })).status).toBe(403);
    for (const path of ['/', '/index.html', '/api/stream?revision=0', '/assets/x.js'])
      expect((await raw(served, path, { host })).status, path).toBe(401);
  });

  test('the address with the token gives a cookie that no script reads, once', async () => {
    const served = await serveWith();
    const { host } = new URL(served.origin);
    const opened = await raw(served, `/inbox?token=${served.token}`, { host });
    expect(opened.status).toBe(303);
    expect(opened.headers.location).toBe('/inbox');
    const [cookie] = opened.headers['set-cookie'] as string[];
    expect(cookie).toMatch(/^kino=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    const cookies = { host, cookie: cookie!.split(';')[0]! };
    expect(cookies.cookie).not.toContain(served.token);
    // Whatever listens on another port of the machine is sent the cookie as well: alone it opens nothing.
    expect((await raw(served, '/api/board', cookies)).status).toBe(401);
    expect((await raw(served, '/api/board', { ...cookies, 'x-kino-key': 'wrong' })).status).toBe(401);
    const key = new URL(served.url).hash.slice(1);
    expect((await raw(served, '/api/board', { ...cookies, 'x-kino-key': key })).status).toBe(200);
    expect((await raw(served, '/api/board', { host, 'x-kino-key': key })).status).toBe(401);
    const page = await raw(served, '/inbox', cookies);
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('<div id="root">') });
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'; script-src 'self'");
    expect(policy).toMatch(/ frame-src 'self' http:\/\/\*\.localhost:\d+;/);
    expect(policy.replace('*.localhost', '')).not.toMatch(/unsafe|\*/);
    expect((await raw(served, '/?token=wrong', { host })).status).toBe(401);
  });

  test('paths lead nowhere else', async () => {
    const served = await serveWith();
    const headers = { host: new URL(served.origin).host, authorization: `Bearer ${served.token}` };
    for (const path of [
      '/assets/../../package.json',
      '/assets/%2e%2e/%2e%2e/package.json',
      '/assets/..%2f..%2fpackage.json',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/assets/%00.js',
      '/%zz',
    ]) {
      const { status, text } = await raw(served, path, headers);
      expect(text, path).not.toMatch(/"name": "kino"|root:/);
      expect([200, 400, 404], path).toContain(status);
    }
    expect((await raw(served, '/api/threads/..%2f..%2fx/events', headers)).status).toBe(404);
  });

  test('too much is refused, and the server goes on', async () => {
    const served = await serveWith();
    const { hostname, port, host } = new URL(served.origin);
    const large = await served.ask('/api/threads', { folder: '/', prompt: 'x'.repeat(3_000_000) });
    expect(large.status).toBe(413);
    // A gigabyte that is announced is not waited for.
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    socket.write(
      `POST /api/threads HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${served.token}\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n`,
    );
    const answer = await new Promise<string>((resolve) =>
      socket.once('data', (chunk) => resolve(String(chunk))),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413/);
    socket.destroy();
    // Nor is one that is sent piece by piece, whose length nobody says, taken in.
    expect(await uploaded(Number(port), hostname, host, served.token, 1024 ** 3)).toBeLessThan(
      64 * 1024 ** 2,
    );
    await expect
      .poll(async () => (await served.ask('/api/board').catch(() => ({ status: 0 }))).status)
      .toBe(200);
  });

  test('ten thousand connections at a time when few are allowed: the others are closed, and the server goes on', async () => {
    const served = await serveWith();
    const { hostname, port } = new URL(served.origin);
    const open = new Set<ReturnType<typeof connect>>();
    for (let wave = 0; wave < 20; wave++) {
      for (let at = 0; at < 500; at++) {
        const socket = connect(Number(port), hostname);
        open.add(socket);
        socket.on('error', () => {}).on('close', () => open.delete(socket));
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await expect.poll(() => open.size, { timeout: 20_000 }).toBeLessThanOrEqual(512);
    for (const one of open) one.destroy();
    await expect
      .poll(async () => (await served.ask('/api/board').catch(() => ({ status: 0 }))).status, {
        timeout: 20_000,
      })
      .toBe(200);
  });

  test('others are not let in without TLS', async () => {
    const { code, stderr, stdout } = await kino(['serve', '--host', '0.0.0.0', '--port', '0']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('--tls-cert');
    expect(await kino(['serve', '--port', '99999'])).toMatchObject({ code: 2 });
    const served = await serveWith();
    const taken = await kino(['serve', '--port', new URL(served.origin).port]);
    expect(taken).toMatchObject({ code: 2, stderr: expect.stringContaining('is taken') });
  });
});

describe('with TLS, for others', () => {
  test('it goes by the names of its certificate and by no other', async (context) => {
    const folder = temporaryFolder();
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const subject = ['-subj', '/CN=x', '-addext', 'subjectAltName=DNS:kino.example,IP:127.0.0.1'];
    const made = spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject],
      ...['-keyout', key, '-out', cert],
    ]);
    if (made.error) return context.skip();
    const tls = ['--host', '0.0.0.0', '--tls-cert', cert, '--tls-key', key];
    const { origin, token } = await startServing(tls);
    const { port, hostname } = new URL(origin);
    expect(hostname).toBe('kino.example');
    const ask = (path: string, headers: Record<string, string>) =>
      new Promise<{ status: number; cookies: string[] | undefined }>((resolve, reject) => {
        const options = { hostname: '127.0.0.1', port, path, headers, rejectUnauthorized: false };
        secureRequest(options, (response) => {
          response.resume();
          resolve({ status: response.statusCode!, cookies: response.headers['set-cookie'] });
        })
          .on('error', reject)
          .end();
      });
    const authorization = `Bearer ${token}`;
    const board = async (host: string, more: Record<string, string> = {}) =>
      (await ask('/api/board', { host, authorization, ...more })).status;
    for (const name of ['kino.example', 'KINO.example', '127.0.0.1'])
      expect(await board(`${name}:${port}`), name).toBe(200);
    expect(await board(`kino.example:${port}`, { origin })).toBe(200);
    for (const name of ['localhost', 'evil.example', '0.0.0.0', '10.0.0.1', '[::1]'])
      expect(await board(`${name}:${port}`), name).toBe(403);
    for (const host of ['kino.example', 'kino.example:1', 'kino.example:', `x@kino.example:${port}`])
      expect([400, 403], host).toContain(await board(host));
    for (const other of [`http://kino.example:${port}`, 'https://kino.example', `https://localhost:${port}`])
      expect(await board(`kino.example:${port}`, { origin: other }), other).toBe(403);
    const { cookies } = await ask(`/?token=${token}`, { host: `kino.example:${port}` });
    expect(cookies).toEqual([expect.stringContaining('; Secure')]);
    const none = ['--host', '0.0.0.0', '--tls-cert', key, '--tls-key', key];
    expect(await kino(['serve', '--port', '0', ...none])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is no certificate'),
    });
  });
});

/** Sends a body in pieces until it is cut off. @returns how many bytes were taken */
function uploaded(
  port: number,
  hostname: string,
  host: string,
  token: string,
  bytes: number,
): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect(port, hostname);
    const piece = Buffer.from(`10000\r\n${'x'.repeat(0x10000)}\r\n`);
    let sent = 0;
    const more = () => {
      while (sent < bytes && !socket.destroyed) {
        sent += 0x10000;
        if (!socket.write(piece)) return void socket.once('drain', more);
      }
    };
    socket
      .on('error', () => {})
      .on('close', () => resolve(sent))
      .resume();
    socket.write(
      `POST /api/threads HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    more();
  });
}

describe('work', () => {
  test('started, watched as it happens, asked, answered, steered, gone on with', async () => {
    const folder = await repository();
    const served = await serveWith((_, index) => {
      if (index === 0) return { calls: [{ name: 'bash', args: { command: 'echo hello > b.js' } }] };
      if (index === 1)
        return { calls: [{ name: 'ask', args: { question: 'Which?', options: ['this', 'that'] } }] };
      return { text: `answer ${index}` };
    });
    const { status, json } = await served.ask('/api/threads', {
      folder,
      prompt: 'do it',
      mode: 'manual',
      worktree: true,
    });
    expect(status).toBe(201);
    const board = async () =>
      (await served.ask('/api/board')).json.threads.find(({ id }: { id: string }) => id === json.thread);
    const asked = await until(board, ({ activity }) => activity.waiting.length > 0);
    expect(asked).toMatchObject({
      status: 'running',
      activity: { waiting: [{ kind: 'permission', what: 'bash echo hello > b.js' }] },
    });
    const { request } = asked.activity.waiting[0];
    const answer = { kind: 'permission', thread: json.thread, request, outcome: 'allow', scope: 'once' };
    expect((await served.ask('/api/answers', answer)).status).toBe(200);
    expect((await served.ask('/api/answers', answer)).status).toBe(409);
    const question = await until(board, ({ activity }) => activity.waiting[0]?.kind === 'question');
    await served.ask(`/api/threads/${json.thread}/messages`, { text: 'and be quick', delivery: 'steer' });
    await served.ask('/api/answers', {
      kind: 'question',
      thread: json.thread,
      request: question.activity.waiting[0].request,
      answer: 'that',
    });
    await until(board, (thread) => thread.status === 'done');
    const { events } = (await served.ask(`/api/threads/${json.thread}/events?limit=500`)).json;
    expect(events).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'question.answered', answer: 'that', by: 'person' }),
        expect.objectContaining({ type: 'user.message', text: 'and be quick', delivery: 'steer' }),
      ]),
    );
    await served.ask(`/api/threads/${json.thread}/messages`, { text: 'go on', delivery: 'prompt' });
    await until(board, (thread) => thread.status === 'done' && thread.lastSeq > events.length);
    expect((await served.ask(`/api/threads/${json.thread}/stop`, {})).status).toBe(409);
  });

  test('a tab that was cut off goes on without a gap and without a double, also with another server', async () => {
    const folder = await repository();
    const first = await serveWith((_, index) => ({
      ...(index < 40 ? { calls: [{ name: 'glob', args: { pattern: `${index}*` } }] } : { text: 'done' }),
      pace: 20,
    }));
    const { json } = await first.ask('/api/threads', { folder, prompt: 'talk', worktree: false });
    const seen: number[] = [];
    let revision = 0;
    const follow = async (served: Served, isEnough: () => boolean) => {
      const leave = new AbortController();
      const url = `${served.origin}/api/stream?revision=${revision}&threads=${json.thread}:${seen.at(-1) ?? 0}`;
      const response = await fetch(url, {
        headers: { authorization: `Bearer ${served.token}` },
        signal: leave.signal,
      });
      let text = '';
      try {
        for await (const chunk of response.body!) {
          text += Buffer.from(chunk as Uint8Array).toString('utf8');
          for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
            const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
            text = text.slice(end + 2);
            if (data === undefined) continue;
            const message = JSON.parse(data);
            if (message.type === 'board') revision = message.revision;
            else for (const { seq } of message.events) seen.push(seq);
          }
          if (isEnough()) break;
        }
      } catch {
        // The server was killed.
      }
      leave.abort();
    };
    await follow(first, () => seen.length > 5);
    await follow(first, () => seen.length > 8);
    await first.stop('SIGKILL');
    const second = await startServing(['--no-resume']);
    const { events } = (await second.ask(`/api/threads/${json.thread}/events?limit=5000`)).json;
    await follow(second, () => seen.length >= events.length);
    expect(seen).toEqual(events.map(({ seq }: { seq: number }) => seq));
    expect(seen).toEqual(seen.map((_, at) => at + 1));
    const board = (await second.ask('/api/board')).json.threads;
    expect(board.find(({ id }: { id: string }) => id === json.thread)).toMatchObject({ status: 'lost' });
  });

  test('a flow is begun, commented and approved', async () => {
    const folder = await repository();
    const served = await serveWith((request) => {
      const said = JSON.stringify(request.body.messages);
      const name = /under the name \\"([a-z]+)\\"/.exec(said)?.[1] ?? 'note';
      return said.includes('is written, version')
        ? { text: 'done' }
        : {
            calls: [{ name: 'write_artifact', args: { name, content: `# About ${name}\n\nSome words.\n` } }],
          };
    });
    const { json } = await served.ask('/api/flows', { folder, request: 'make it better' });
    const flow = async () => (await served.ask(`/api/flows/${json.flow}`)).json;
    const { phases } = await until(flow, ({ state }) => state === 'needs-you');
    const { thread } = phases[0];
    const anchor = { kind: 'text', quote: 'Some words.', prefix: '', suffix: '', line: 3 };
    expect(
      (await served.ask(`/api/threads/${thread}/comments`, { artifact: 'research', anchor, text: 'which?' }))
        .status,
    ).toBe(201);
    expect(
      await served.ask(`/api/threads/${thread}/comments`, { artifact: 'none', anchor, text: 'x' }),
    ).toMatchObject({ status: 404 });
    expect(
      await served.ask(`/api/flows/${json.flow}/decisions`, {
        decision: 'approve',
        phase: 'research',
        versions: { research: 1 },
      }),
    ).toMatchObject({
      status: 409,
      json: { error: expect.stringContaining('not addressed') },
    });
    expect(
      (
        await served.ask(`/api/flows/${json.flow}/decisions`, {
          decision: 'approve',
          phase: 'research',
          versions: { research: 1 },
          anyway: true,
        })
      ).status,
    ).toBe(200);
    await until(flow, ({ current, state }) => current === 'plan' && state === 'needs-you');
    // What was seen is research; nobody has looked at the plan.
    const stale = { decision: 'approve', phase: 'research', versions: { research: 1 }, anyway: true };
    expect((await served.ask(`/api/flows/${json.flow}/decisions`, stale)).status).toBe(409);
    const session = await served.ask('/api/threads', { folder, prompt: 'x', worktree: false });
    expect(
      (await served.ask(`/api/flows/${session.json.thread}/decisions`, { decision: 'resume' })).status,
    ).toBe(404);
    expect((await served.ask('/api/flows/none/decisions', { decision: 'resume' })).status).toBe(404);
  });

  test('what cannot begin leaves nothing', async () => {
    const folder = await repository();
    const served = await startServing();
    for (const [path, body] of [
      ['/api/threads', { folder, prompt: 'x', worktree: true }],
      ['/api/flows', { folder, request: 'x' }],
    ] as const)
      expect(await served.ask(path, body)).toMatchObject({
        status: 400,
        json: { error: expect.stringContaining('No model') },
      });
    const { stdout } = await kino(['worktree', 'list', '--json'], { cwd: folder });
    expect(JSON.parse(stdout)).toEqual([]);
  });

  test('folders are whole paths of folders, and what is wrong is told in words', async () => {
    const served = await serveWith();
    const folder = await repository();
    const begin = async (asked: object, path = '/api/threads') =>
      (await served.ask(path, { worktree: false, ...asked })).json.error;
    expect(await begin({ folder: 'src', prompt: 'x' })).toBe(
      'folder is no whole path: it begins with / or ~.',
    );
    expect(await begin({ folder: `${folder}/a.js`, prompt: 'x' })).toContain('There is no folder');
    expect(await begin({ folder, prompt: '  ' })).toBe('prompt is empty.');
    expect(await begin({ folder, prompt: 'x'.repeat(200_001) })).toBe(
      'prompt is longer than 200000 characters.',
    );
    const { path: bare } = createRepository();
    expect((await served.ask('/api/flows', { folder: bare, request: 'x' })).json.error).toContain(
      'A worktree starts from a commit',
    );
    expect((await served.ask('/api/workflows')).json.workflows.length).toBeGreaterThan(2);
  });

  test('what is asked badly is one sentence', async () => {
    const served = await serveWith();
    const said = async (path: string, body: unknown) => {
      const { status, json } = await served.ask(path, body);
      expect(json.error.split('\n')).toHaveLength(1);
      return status;
    };
    expect(await said('/api/threads', {})).toBe(400);
    expect(await said('/api/threads', { folder: '/nowhere', prompt: 'x', worktree: false })).toBe(400);
    expect(await said('/api/threads', { folder: '/', prompt: '', worktree: false })).toBe(400);
    expect(await said('/api/threads/none/messages', { text: 'x', delivery: 'steer' })).toBe(404);
    expect(await said('/api/threads/none/messages', { text: 'x', delivery: 'prompt' })).toBe(404);
    expect((await served.ask('/api/threads/none/events')).status).toBe(404);
    expect((await served.ask('/api/flows/none')).status).toBe(404);
    expect((await served.ask('/api/stream?revision=x')).status).toBe(400);
    expect((await served.ask('/api/nothing')).status).toBe(404);
  });

  test('it ends when it is told to, and what it started is stopped and recorded', async () => {
    const folder = await repository();
    const served = await serveWith([{ text: 'never', fault: { kind: 'hang' } }]);
    const { json } = await served.ask('/api/threads', { folder, prompt: 'hang', worktree: false });
    expect(await served.stop('SIGINT')).toBe(0);
    const shown = await kino(['threads', 'list', '--json']);
    expect(JSON.parse(shown.stdout)).toContainEqual(
      expect.objectContaining({ id: json.thread, status: 'interrupted' }),
    );
  });
});
