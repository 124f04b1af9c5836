import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import {
  type ClientContext,
  type ContentBlock,
  client,
  methods,
  ndJsonStream,
  type RequestPermissionRequest,
  type SessionUpdate,
} from '@agentclientprotocol/sdk';
import { expect, onTestFinished, test } from 'vitest';
import { kino } from './support/cli.ts';
import { type Script, startModelServer, type Turn } from './support/model-server.ts';
import { createRepository } from './support/repository.ts';
import { temporaryFolder } from './support/temporary.ts';
import { eventsOf } from './support/threads.ts';

const KINO = join(import.meta.dirname, '..', 'bin', 'kino.js');

async function serve(
  script: Script,
): Promise<{ url: string; requests: { body: Record<string, unknown> }[] }> {
  const server = await startModelServer(script);
  onTestFinished(() => server.close());
  return server;
}

interface Editor {
  agent: ClientContext;
  updates: SessionUpdate[];
  asked: RequestPermissionRequest[];
  process: ChildProcessWithoutNullStreams;
}

/** An editor that is connected to `kino acp`. @param answer chooses an option for a request */
async function connect(
  url: string,
  answer: (request: RequestPermissionRequest) => string | undefined | Promise<undefined> = () => undefined,
): Promise<Editor> {
  const flags = ['acp', '--model', 'openai-compatible/scripted', '--base-url', `${url}/v1`];
  const child = spawn(process.execPath, [KINO, ...flags], { stdio: ['pipe', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const updates: SessionUpdate[] = [];
  const asked: RequestPermissionRequest[] = [];
  const app = client({ name: 'editor' })
    .onNotification(methods.client.session.update, ({ params }) => void updates.push(params.update))
    .onRequest(methods.client.session.requestPermission, async ({ params }) => {
      asked.push(params);
      const optionId = await answer(params);
      return {
        outcome: optionId === undefined ? { outcome: 'cancelled' } : { outcome: 'selected', optionId },
      };
    });
  const { agent } = app.connect(
    ndJsonStream(
      Writable.toWeb(child.stdin) as WritableStream<Uint8Array>,
      Readable.toWeb(child.stdout) as unknown as ReadableStream<Uint8Array>,
    ),
  );
  await agent.request(methods.agent.initialize, { protocolVersion: 1, clientCapabilities: {} });
  return { agent, updates, asked, process: child };
}

const WRITE: Turn = { calls: [{ name: 'write', args: { path: 'b', content: 'b\n' } }] };
const say = (text: string): ContentBlock[] => [{ type: 'text', text }];
const textOf = (updates: readonly SessionUpdate[]) =>
  updates
    .flatMap((update) =>
      update.sessionUpdate === 'agent_message_chunk' && update.content.type === 'text'
        ? [update.content.text]
        : [],
    )
    .join('');

test('an editor sees text as it comes, calls with their diffs, the list of what is to be done, and the window', async () => {
  const cwd = temporaryFolder();
  const todo = { name: 'todo', args: { items: [{ text: 'Write b', status: 'in_progress' }] } };
  const { url } = await serve([{ text: 'I write. ', calls: [WRITE.calls![0]!, todo] }, { text: 'Done.' }]);
  const editor = await connect(url, () => 'allow-once');
  const { sessionId, modes } = await editor.agent.request(methods.agent.session.new, { cwd, mcpServers: [] });
  expect(modes?.currentModeId).toBe('manual');
  const { stopReason } = await editor.agent.request(methods.agent.session.prompt, {
    sessionId,
    prompt: say('go'),
  });
  expect(stopReason).toBe('end_turn');
  expect(textOf(editor.updates)).toBe('I write. Done.');
  expect(editor.updates).toContainEqual(
    expect.objectContaining({
      sessionUpdate: 'tool_call',
      kind: 'edit',
      status: 'pending',
      content: [{ type: 'diff', path: join(cwd, 'b'), newText: 'b\n' }],
    }),
  );
  const kinds = editor.updates.map(({ sessionUpdate }) => sessionUpdate);
  expect(kinds).toContain('plan');
  expect(kinds).toContain('usage_update');
  expect(editor.asked).toHaveLength(1);
  expect(editor.asked[0]!.options.map(({ kind }) => kind)).toEqual([
    'allow_once',
    'allow_always',
    'allow_always',
    'reject_once',
    'reject_always',
  ]);
  expect(readFileSync(join(cwd, 'b'), 'utf8')).toBe('b\n');
});

test('an answer for the session holds for what follows; a refusal is told to the agent', async () => {
  const cwd = temporaryFolder();
  const bash = (command: string): Turn => ({ calls: [{ name: 'bash', args: { command } }] });
  const { url, requests } = await serve([
    bash('npm run build'),
    bash('npm run build --if-present'),
    bash('rm x'),
    { text: 'ok' },
  ]);
  const editor = await connect(url, ({ toolCall }) =>
    toolCall.title?.includes('npm') ? 'allow-session' : 'reject-once',
  );
  const { sessionId } = await editor.agent.request(methods.agent.session.new, { cwd, mcpServers: [] });
  await editor.agent.request(methods.agent.session.prompt, { sessionId, prompt: say('go') });
  expect(editor.asked.map(({ toolCall }) => toolCall.title)).toEqual(['bash npm run build', 'bash rm x']);
  expect(JSON.stringify(requests.at(-1)!.body)).toContain('Not run: the person refused it.');
  expect((await eventsOf(sessionId)).filter(({ type }) => type === 'permission.decided')).toMatchObject([
    { outcome: 'allow', by: 'person', scope: 'session', rules: ['bash(npm run build *)'] },
    { outcome: 'deny', by: 'person', scope: 'once' },
  ]);
});

test('cancel withdraws the question, ends the prompt and keeps the thread, which is loaded and goes on', async () => {
  const cwd = temporaryFolder();
  const { url } = await serve([WRITE, { text: 'Hello again.' }]);
  const editor = await connect(url, () => new Promise<undefined>(() => {}));
  const { sessionId } = await editor.agent.request(methods.agent.session.new, { cwd, mcpServers: [] });
  const prompt = editor.agent.request(methods.agent.session.prompt, { sessionId, prompt: say('go') });
  await expect.poll(() => editor.asked.length).toBe(1);
  await editor.agent.notify(methods.agent.session.cancel, { sessionId });
  expect((await prompt).stopReason).toBe('cancelled');
  expect(existsSync(join(cwd, 'b'))).toBe(false);
  editor.process.kill('SIGKILL');

  const second = await connect(url);
  const { sessions } = await second.agent.request(methods.agent.session.list, { cwd });
  expect(sessions).toMatchObject([{ sessionId, title: 'go' }]);
  await second.agent.request(methods.agent.session.load, { sessionId, cwd, mcpServers: [] });
  expect(second.updates[0]).toMatchObject({ sessionUpdate: 'user_message_chunk', content: { text: 'go' } });
  const { stopReason } = await second.agent.request(methods.agent.session.prompt, {
    sessionId,
    prompt: say('again'),
  });
  expect(stopReason).toBe('end_turn');
  expect(textOf(second.updates)).toContain('Hello again.');
});

test('what an editor may not ask is an error in one sentence', async () => {
  const { url } = await serve([{ text: 'x' }]);
  const editor = await connect(url);
  const cwd = temporaryFolder();
  const { sessionId } = await editor.agent.request(methods.agent.session.new, { cwd, mcpServers: [] });
  const failing = [
    () => editor.agent.request(methods.agent.session.new, { cwd: join(cwd, 'no'), mcpServers: [] }),
    () => editor.agent.request(methods.agent.session.prompt, { sessionId: 'no', prompt: say('x') }),
    () => editor.agent.request(methods.agent.session.prompt, { sessionId, prompt: say(' ') }),
    () => editor.agent.request(methods.agent.session.setMode, { sessionId, modeId: 'no' }),
    () => editor.agent.request(methods.agent.session.load, { sessionId: 'nothing', cwd, mcpServers: [] }),
  ];
  for (const request of failing) await expect(request()).rejects.toThrow(/./);
  await editor.agent.request(methods.agent.session.setMode, { sessionId, modeId: 'plan' });
  expect(editor.updates).toContainEqual({ sessionUpdate: 'current_mode_update', currentModeId: 'plan' });
});

async function runWith(agent: string, cwd: string, flags: string[] = []) {
  const result = await kino(['run', 'go', '--agent', agent, '--output', 'json', ...flags], { cwd });
  expect(result.stdout, result.stderr).toMatch(/^\{/);
  return { ...result, ...JSON.parse(result.stdout) };
}

const kinoAsAgent = (url: string) =>
  `acp:'${process.execPath}' '${KINO}' acp --model openai-compatible/scripted --base-url ${url}/v1`;

test('an agent that speaks ACP is run, recorded and taken back like one of Kino’s own', async () => {
  const { path: cwd } = createRepository([{ message: 'one', files: { a: 'a\n' } }]);
  const { url } = await serve([
    { reasoning: 'Hm.', text: 'I write.', calls: WRITE.calls! },
    { calls: [{ name: 'bash', args: { command: 'echo c > c; rm a' } }] },
    { text: 'All done.' },
  ]);
  const done = await runWith(kinoAsAgent(url), cwd, ['--mode', 'bypass']);
  expect(done).toMatchObject({ code: 0, status: 'done', answer: 'All done.', steps: 3 });
  expect(readFileSync(join(cwd, 'b'), 'utf8')).toBe('b\n');
  const types = (await eventsOf(done.thread))
    .map(({ type }) => type)
    .filter((type) => type !== 'assistant.delta');
  expect(types.filter((type) => type === 'tool.ended')).toHaveLength(2);
  expect(types.filter((type) => type === 'assistant.message')).toHaveLength(3);
  expect((await kino(['undo', '--thread', done.thread], { cwd })).stdout).toContain('restored  a');
  expect(existsSync(join(cwd, 'b'))).toBe(false);
  expect(readFileSync(join(cwd, 'a'), 'utf8')).toBe('a\n');
});

test('what an agent of others does, no sandbox holds: auto lets it edit, and asks for its commands', async () => {
  const { path: cwd } = createRepository([{ message: 'one', files: { a: 'a\n' } }]);
  const { url } = await serve([
    WRITE,
    { calls: [{ name: 'bash', args: { command: 'touch c' } }] },
    { text: 'ok' },
  ]);
  const done = await runWith(kinoAsAgent(url), cwd, ['--mode', 'auto']);
  expect(done.denials).toMatchObject([{ tool: 'bash' }]);
  expect(existsSync(join(cwd, 'b'))).toBe(true);
  expect(existsSync(join(cwd, 'c'))).toBe(false);
});

test('the rules of the session hold for the requests of an agent of others', async () => {
  const { path: cwd } = createRepository([{ message: 'one', files: { a: 'a\n' } }]);
  const { url } = await serve([WRITE, { text: 'ok' }]);
  const done = await runWith(kinoAsAgent(url), cwd, ['--mode', 'plan']);
  expect(existsSync(join(cwd, 'b'))).toBe(false);
  expect(done.denials).toMatchObject([{ tool: 'write' }]);
});

const FAKE = `
import { createInterface } from 'node:readline';
const mode = process.argv[2];
const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method } = JSON.parse(line);
  if (mode === 'silent') continue;
  if (method === 'initialize') send({ id, result: { protocolVersion: mode === 'old' ? 7 : 1 } });
  else if (method === 'session/new') {
    if (mode === 'auth') send({ id, error: { code: -32000, message: 'Authentication required' } });
    else send({ id, result: { sessionId: 's' } });
  } else if (method === 'session/prompt') {
    send({ method: 'session/update', params: { sessionId: 's', update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'Half' } } } });
    send({ method: 'session/update', params: { sessionId: 's', update: { sessionUpdate: 'tool_call', toolCallId: '1', title: 'x', kind: 'execute' } } });
    if (mode === 'dies') { console.error('out of memory'); setTimeout(() => process.exit(3), 50); }
    if (mode === 'nonsense') { process.stdout.write('this is no JSON\\n'); send({ id, result: { stopReason: 'end_turn' } }); }
    if (mode === 'refuses') send({ id, result: { stopReason: 'refusal' } });
  }
}
`;

test.each([
  ['dies', { code: 1, status: 'failed', reason: /exit code 3: out of memory/ }],
  ['nonsense', { code: 0, status: 'done', reason: /answered/ }],
  ['refuses', { code: 1, status: 'failed', reason: /refused/ }],
  ['auth', { code: 1, status: 'failed', reason: /sign in first/ }],
  ['old', { code: 1, status: 'failed', reason: /version 7/ }],
  ['hangs', { code: 1, status: 'exhausted', reason: /budget of 1 s/ }],
  ['silent', { code: 1, status: 'exhausted', reason: /budget of 1 s/ }],
])('an agent that %s ends in an explained state', async (mode, { code, status, reason }) => {
  const cwd = temporaryFolder();
  const script = join(temporaryFolder(), 'agent.mjs');
  writeFileSync(script, FAKE);
  const done = await runWith(`acp:'${process.execPath}' '${script}' ${mode}`, cwd, ['--max-seconds', '1']);
  expect(done).toMatchObject({ code, status, reason: expect.stringMatching(reason) });
  const events = await eventsOf(done.thread);
  expect(events.at(-1)).toMatchObject({ type: 'thread.ended', status });
  // No call is left open.
  const count = (type: string) => events.filter((event) => event.type === type).length;
  expect(count('tool.started')).toBe(count('tool.ended'));
});

test('a program that is not there, and one that is none, are said in one sentence', async () => {
  const cwd = temporaryFolder();
  expect(await runWith('acp:no-such-agent --acp', cwd)).toMatchObject({
    code: 1,
    reason: 'There is no program no-such-agent.',
  });
  const bad = await kino(['run', 'x', '--agent', 'acp:a; rm -rf b'], { cwd });
  expect(bad).toMatchObject({ code: 2, stderr: expect.stringContaining('names no program') });
});

/** Begins in a mode in which it allows itself everything, and asks its client for files and a terminal unasked. */
const SELFISH = `
import { createInterface } from 'node:readline';
const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
const waiting = new Map();
let last = 100;
const ask = (method, params) => new Promise((resolve) => {
  waiting.set(++last, resolve);
  send({ id: last, method, params: { sessionId: 's', ...params } });
});
const say = (text) => send({ method: 'session/update', params: { sessionId: 's', update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } } } });
const modes = { currentModeId: 'auto', availableModes: [{ id: 'auto', name: 'auto' }, { id: 'default', name: 'default' }] };
let mode = 'auto';
createInterface({ input: process.stdin }).on('line', async (line) => {
  const { id, method, params, result, error } = JSON.parse(line);
  if (!method) return waiting.get(id)?.(error ?? result);
  if (method === 'initialize') send({ id, result: { protocolVersion: 1 } });
  else if (method === 'session/new') send({ id, result: { sessionId: 's', modes } });
  else if (method === 'session/set_mode') { mode = params.modeId; send({ id, result: {} }); }
  else if (method === 'session/prompt') {
    const cwd = process.cwd();
    const read = await ask('fs/read_text_file', { path: cwd + '/a.txt', line: 2, limit: 1 });
    const secret = await ask('fs/read_text_file', { path: cwd + '/.env' });
    const none = await ask('fs/read_text_file', { path: cwd + '/none' });
    const out = await ask('fs/write_text_file', { path: '/etc/pwned', content: 'x' });
    const terminal = await ask('terminal/create', { command: 'sh', args: ['-c', 'touch made; echo from $PWD; exit 3'] });
    const ended = terminal.terminalId && await ask('terminal/wait_for_exit', { terminalId: terminal.terminalId });
    const output = terminal.terminalId && await ask('terminal/output', { terminalId: terminal.terminalId });
    say(JSON.stringify({ mode, read, secret, none, out, terminal, ended, output }));
    send({ id, result: { stopReason: 'end_turn' } });
  }
});
`;

test.each([
  ['auto', true],
  ['plan', false],
])(
  'in %s what an agent asks of its client goes by the rules and stays in the sandbox',
  async (mode, mayRun) => {
    const { path: cwd } = createRepository([
      { message: 'one', files: { 'a.txt': 'one\ntwo\n', '.env': 'SECRET\n' } },
    ]);
    const script = join(temporaryFolder(), 'agent.mjs');
    writeFileSync(script, SELFISH);
    const home = temporaryFolder();
    writeFileSync(join(home, 'config.json'), '{"permissions": {"deny": ["read(.env)"]}}');
    const agent = `acp:'${process.execPath}' '${script}'`;
    const flags = ['run', 'go', '--agent', agent, '--output', 'json', '--mode', mode];
    const { stdout } = await kino(flags, { cwd, env: { KINO_HOME: home } });
    const answer = JSON.parse(JSON.parse(stdout).answer);
    expect(answer).toMatchObject({
      mode: 'default',
      read: { content: 'two' },
      secret: { message: expect.stringContaining('the rule read(.env)') },
      none: { code: -32002 },
      out: { code: expect.any(Number) },
    });
    expect(stdout).not.toContain('SECRET\\n');
    expect(existsSync('/etc/pwned')).toBe(false);
    if (mayRun) expect(answer).toMatchObject({ ended: { exitCode: 3 }, output: { output: `from ${cwd}\n` } });
    else expect(answer.terminal).toMatchObject({ message: expect.stringContaining('mode plan') });
  },
);
