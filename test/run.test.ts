import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type CliOptions, kino } from './support/cli.ts';
import { type ModelServer, type Script, startModelServer, type Turn } from './support/model-server.ts';
import { createRepository } from './support/repository.ts';
import { temporaryFolder } from './support/temporary.ts';
import { eventsOf } from './support/threads.ts';

let server: ModelServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

interface RunSetup {
  files?: Record<string, string>;
  flags?: string[];
  cli?: CliOptions;
  sandbox?: string;
}

async function run(
  script: Script,
  { files = {}, flags = [], cli = {}, sandbox = 'danger-full-access' }: RunSetup = {},
) {
  server = await startModelServer(script);
  const cwd = cli.cwd ?? temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(cwd, path, '..'), { recursive: true });
    writeFileSync(join(cwd, path), text);
  }
  const model = ['--model', 'openai-compatible/scripted', '--base-url', `${server.url}/v1`];
  const result = await kino(
    ['run', 'do it', ...model, '--sandbox', sandbox, '--mode', 'bypass', '--output', 'json', ...flags],
    { ...cli, cwd },
  );
  return { ...result, cwd, requests: server.requests };
}

const bash = (command: string): Turn => ({ calls: [{ name: 'bash', args: { command } }] });

test.each(['danger-full-access', 'workspace-write'])(
  'the agent works in its workspace under %s, and all of it is recorded',
  async (sandbox) => {
    const script = [
      { calls: [{ name: 'read', args: { path: 'a.txt' } }] },
      { calls: [{ name: 'edit', args: { path: 'a.txt', old: 'one', new: 'two' } }] },
      bash('cat a.txt; echo built > out.txt'),
      { text: 'All done.' },
    ];
    const { code, stdout, cwd, requests } = await run(script, { files: { 'a.txt': 'one\n' }, sandbox });
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ status: 'done', answer: 'All done.', steps: 4, costUsd: null });
    expect(readFileSync(join(cwd, 'a.txt'), 'utf8')).toBe('two\n');
    expect(readFileSync(join(cwd, 'out.txt'), 'utf8')).toBe('built\n');
    expect(JSON.stringify(requests[3]!.body)).toContain('two');
    const types = (await eventsOf(result.thread)).map(({ type }) => type);
    expect(types.slice(0, 2)).toEqual(['thread.started', 'user.message']);
    expect(types.at(-1)).toBe('thread.ended');
    expect(types.filter((type) => type === 'tool.ended')).toHaveLength(3);
  },
);

test('independent calls of one answer run at once, others in order', async () => {
  const { stdout, code } = await run(
    [
      {
        calls: [
          { name: 'read', args: { path: 'a' } },
          { name: 'read', args: { path: 'b' } },
        ],
      },
      {
        calls: [
          { name: 'bash', args: { command: 'sleep 0.2' } },
          { name: 'read', args: { path: 'a' } },
        ],
      },
      { text: 'ok' },
    ],
    { files: { a: '1', b: '2' } },
  );
  expect(code).toBe(0);
  const order = (await eventsOf(JSON.parse(stdout).thread)).flatMap((event) =>
    event.type === 'tool.started' || event.type === 'tool.ended'
      ? [`${event.step} ${event.type.slice(5)} ${event.callId.slice(-1)}`]
      : [],
  );
  expect(order.slice(0, 2)).toEqual(['1 started 0', '1 started 1']);
  expect(order.slice(4)).toEqual(['2 started 0', '2 ended 0', '2 started 1', '2 ended 1']);
});

const RM: Turn = { calls: [{ name: 'bash', args: { command: 'rm -rf build/cache' } }] };
const KEEP = { 'build/keep.txt': 'precious', 'build/cache/x': '' };

test.each([
  ['the connection is cut inside its arguments', { ...RM, fault: { kind: 'cut', afterEvents: 4 } }],
  ['the stream ends inside its arguments', { ...RM, fault: { kind: 'end', afterEvents: 4 } }],
  [
    'the stream ends after its arguments, without a finish marker',
    { ...RM, fault: { kind: 'end', afterEvents: 5 } },
  ],
  ['its arguments are half a JSON object', { calls: [{ name: 'bash', args: '{"command": "rm -rf build' }] }],
  ['its arguments are two JSON objects', { calls: [{ name: 'bash', args: '{"command":"rm -rf build"}{}' }] }],
  [
    'the answer hit the output limit',
    { calls: [{ name: 'bash', args: { command: 'rm -rf build' } }], finish: 'length' },
  ],
  ['it names no tool', { calls: [{ name: 'shell', args: { command: 'rm -rf build' } }] }],
  ['its arguments do not fit the schema', { calls: [{ name: 'bash', args: { cmd: 'rm -rf build' } }] }],
] satisfies [string, Turn][])('a call never runs when %s', async (_, turn) => {
  const { code, stdout, cwd } = await run([turn, { text: 'I stop here.' }], { files: KEEP });
  expect(code).toBe(0);
  expect(readFileSync(join(cwd, 'build/keep.txt'), 'utf8')).toBe('precious');
  expect(existsSync(join(cwd, 'build/cache/x'))).toBe(true);
  const ended = (await eventsOf(JSON.parse(stdout).thread)).filter((event) => event.type === 'tool.ended');
  expect(ended.every(({ ok }) => !ok)).toBe(true);
});

test('after a cut the request is sent again, and the whole call runs once', async () => {
  const append: Turn = bash('echo line >> log.txt');
  const { cwd, stdout, requests } = await run([
    { ...append, fault: { kind: 'cut', afterEvents: 4 } },
    append,
    { text: 'ok' },
  ]);
  expect(requests).toHaveLength(3);
  expect(readFileSync(join(cwd, 'log.txt'), 'utf8')).toBe('line\n');
  expect(
    (await eventsOf(JSON.parse(stdout).thread)).filter(({ type }) => type === 'model.retried'),
  ).toHaveLength(1);
});

test('AGENTS.md is read and sent; the system prompt names no folder of this machine', async () => {
  const { requests, cwd } = await run([{ text: 'ok' }], { files: { 'AGENTS.md': 'Use tabs, always.' } });
  const body = JSON.stringify(requests[0]!.body);
  expect(body).toContain('Use tabs, always.');
  expect(body).not.toContain(cwd);
  expect(requests[0]!.bytes).toBeLessThan(8_192);
});

test('in a folder of a repository the whole of it is the workspace, and instructions are read on the way down', async () => {
  const repository = createRepository([
    {
      message: 'one',
      files: { 'AGENTS.md': 'At the top.', 'lib/AGENTS.md': 'In lib.', 'lib/deep/x.txt': 'x', 'a.txt': 'a' },
    },
  ]);
  const script: Turn[] = [
    {
      calls: [
        { name: 'read', args: { path: 'x.txt' } },
        { name: 'read', args: { path: '../../a.txt' } },
      ],
    },
    bash('pwd; touch ../../made'),
    { text: 'ok' },
  ];
  const { requests, code } = await run(script, {
    sandbox: 'workspace-write',
    cli: { cwd: join(repository.path, 'lib/deep') },
  });
  expect(code).toBe(0);
  const sent = JSON.stringify(requests.at(-1)!.body);
  expect(sent.indexOf('At the top.')).toBeGreaterThan(0);
  expect(sent.indexOf('In lib.')).toBeGreaterThan(sent.indexOf('At the top.'));
  expect(sent).toContain('1\\ta');
  expect(sent).toContain('/lib/deep');
  expect(existsSync(join(repository.path, 'made'))).toBe(true);
});

test('a budget ends the work with exit code 1 and says which', async () => {
  const { code, stdout, requests } = await run([bash('echo again')], { flags: ['--max-steps', '3'] });
  expect(code).toBe(1);
  expect(requests).toHaveLength(3);
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'exhausted',
    reason: 'It reached the budget of 3 steps.',
  });
});

test('a time budget ends a model that is silent', async () => {
  const { code, stdout } = await run([{ fault: { kind: 'hang' } }], { flags: ['--max-seconds', '0.5'] });
  expect(code).toBe(1);
  expect(JSON.parse(stdout).reason).toContain('0.5 s');
});

test('an endpoint that refuses is a failure in one sentence, and the thread says so', async () => {
  const { code, stdout } = await run([
    { fault: { kind: 'status', status: 401, body: '{"error":{"message":"no such key"}}' } },
  ]);
  expect(code).toBe(1);
  const { status, reason, thread } = JSON.parse(stdout);
  expect({ status, reason }).toMatchObject({
    status: 'failed',
    reason: expect.stringContaining('401: no such key'),
  });
  expect((await eventsOf(thread)).at(-1)).toMatchObject({ type: 'thread.ended', infrastructure: true });
});

test('Ctrl-C ends the step, keeps the thread and exits with 130', async () => {
  const { code, stdout } = await run([bash('echo started; sleep 60')], {
    cli: {
      onStderr: (text, kill) => {
        if (text.includes('· bash')) kill('SIGINT');
      },
    },
  });
  expect(code).toBe(130);
  const { status, thread } = JSON.parse(stdout);
  expect(status).toBe('interrupted');
  expect((await eventsOf(thread)).at(-1)).toMatchObject({ type: 'thread.ended', status: 'interrupted' });
});

test('kill -9 keeps what was shown, and the list says that the thread is lost', async () => {
  const { signal } = await run(
    [{ text: 'thinking', calls: [{ name: 'bash', args: { command: 'sleep 60' } }] }],
    {
      cli: {
        onStderr: (text, kill) => {
          if (text.includes('· bash')) kill('SIGKILL');
        },
      },
    },
  );
  expect(signal).toBe('SIGKILL');
  const { stdout } = await kino(['threads', 'list', '--limit', '1', '--json']);
  const [thread] = JSON.parse(stdout);
  expect(thread.status).toBe('lost');
  expect((await eventsOf(thread.id)).map(({ type }) => type).slice(-3)).toEqual([
    'assistant.message',
    'checkpoint.made',
    'tool.started',
  ]);
});

test('kill -9 also ends the command that ran', async () => {
  const sleep = `sleep 4321.${process.pid}`;
  const runs = () =>
    readdirSync('/proc').some(
      (pid) => /^\d+$/.test(pid) && readCommandLine(pid).includes(sleep.replace(' ', '\0')),
    );
  const script = [bash('sleep 0.2'), bash('sleep 0.5'), bash('true'), bash(sleep)];
  const { signal } = await run(script, {
    cli: {
      onStderr: (text, kill) => {
        if (!text.includes(sleep)) return;
        const wait = setInterval(() => {
          if (!runs()) return;
          clearInterval(wait);
          kill('SIGKILL');
        }, 20);
      },
    },
  });
  expect(signal).toBe('SIGKILL');
  await expect.poll(runs, { timeout: 5_000 }).toBe(false);
});

function readCommandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

test('stream-json has the lines that scripts expect, and nothing else', async () => {
  const { stdout, code } = await run([bash('echo hi'), { text: 'bye' }], {
    flags: ['--output', 'stream-json'],
  });
  expect(code).toBe(0);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines[0]).toMatchObject({
    type: 'system',
    subtype: 'init',
    permissionMode: 'bypass',
    model: 'openai-compatible/scripted',
  });
  expect(lines[0].tools).toContain('bash');
  const types = lines.map(({ type }) => type).filter((type) => type !== 'stream_event');
  expect(types).toEqual(['system', 'assistant', 'user', 'assistant', 'result']);
  expect(lines.at(-1)).toMatchObject({ subtype: 'success', is_error: false, result: 'bye', num_turns: 2 });
});

test('a recording plays again without a network, in another folder, and says where a run departs from it', async () => {
  const file = join(temporaryFolder(), 'exchanges.jsonl');
  const script = [bash('pwd; echo hi > made.txt'), { text: 'done' }];
  const recorded = await run(script, {
    files: { 'a.txt': 'x' },
    flags: ['--record', file],
    cli: { env: { OPENAI_COMPATIBLE_API_KEY: 'sk-secret' } },
  });
  expect(recorded.code).toBe(0);
  expect(readFileSync(file, 'utf8')).not.toMatch(/sk-secret|authorization/i);
  await server!.close();

  const again = (prompt: string, cwd: string) =>
    kino(
      [
        'run',
        prompt,
        '--model',
        'openai-compatible/scripted',
        '--base-url',
        'http://127.0.0.1:9/v1',
        '--sandbox',
        'danger-full-access',
        '--mode',
        'bypass',
        '--output',
        'json',
        '--replay',
        file,
      ],
      { cwd },
    );
  const elsewhere = temporaryFolder();
  const replayed = await again('do it', elsewhere);
  expect(JSON.parse(replayed.stdout)).toMatchObject({ status: 'done', answer: 'done', steps: 2 });
  expect(readFileSync(join(elsewhere, 'made.txt'), 'utf8')).toBe('hi\n');

  const departed = await again('do something else', temporaryFolder());
  expect(departed.code).toBe(1);
  expect(JSON.parse(departed.stdout).reason).toMatch(
    /Request 1 differs .* at body\.messages\[1\]\.content: recorded "do it", now "do something else"/,
  );
});

test('long output keeps its head and tail, and all of it is in a file', async () => {
  const { stdout, requests } = await run([bash('seq 1 200000'), { text: 'ok' }]);
  const sent = JSON.stringify(requests[1]!.body);
  expect(sent.length).toBeLessThan(40_000);
  expect(sent).toContain('bytes cut');
  expect(sent).toContain('199999');
  const ended = (await eventsOf(JSON.parse(stdout).thread)).find((event) => event.type === 'tool.ended');
  expect(readFileSync(ended!.outputFile!, 'utf8').trimEnd().split('\n')).toHaveLength(200_000);
});

test('keys stay out of commands and threads', async () => {
  const { stdout } = await run([bash('env'), { text: 'ok' }], {
    cli: { env: { OPENAI_COMPATIBLE_API_KEY: 'sk-very-secret', AWS_SECRET_ACCESS_KEY: 'aws-secret' } },
  });
  expect(server!.requests[0]!.headers.authorization).toBe('Bearer sk-very-secret');
  const record = JSON.stringify(await eventsOf(JSON.parse(stdout).thread));
  expect(record).toContain('PATH=');
  expect(record).not.toMatch(/very-secret|aws-secret/);
});

test('an empty answer is asked for again, and a model that stays silent fails', async () => {
  const { code, stdout, requests } = await run([{ text: '' }]);
  expect(code).toBe(1);
  expect(requests.length).toBe(4);
  expect(JSON.parse(stdout).reason).toBe('The model gave no complete answer.');
});

test('a thread exports as ATIF and JSON Lines', async () => {
  const repository = createRepository([{ message: 'first', files: { 'a.ts': 'x' } }]);
  const { stdout } = await run([bash('git log --oneline'), { text: 'ok' }], {
    cli: { cwd: repository.path },
  });
  const { thread } = JSON.parse(stdout);
  const atif = JSON.parse((await kino(['threads', 'export', thread, '--format', 'atif'])).stdout);
  expect(atif).toMatchObject({ schema_version: 'ATIF-v1.7', session_id: thread });
  const lines = (await kino(['threads', 'export', thread])).stdout.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).seq)).toEqual(lines.map((_, index) => index + 1));
  expect((await kino(['threads', 'show', thread])).stdout).toContain('git log --oneline');
});

test('an answer that was cut goes on in the next, and what the model was told meanwhile is in the record', async () => {
  const { stdout } = await run([{ text: 'first half, ', finish: 'length' }, { text: 'second half' }]);
  const { answer, thread } = JSON.parse(stdout);
  expect(answer).toBe('first half, second half');
  const said = (await eventsOf(thread)).flatMap((event) =>
    event.type === 'user.message' ? [event.text] : [],
  );
  expect(said).toHaveLength(2);
});

test('a pipe in the workspace does not stop the agent', async () => {
  const { code, requests } = await run([
    bash('mkfifo pipe'),
    { calls: [{ name: 'edit', args: { path: 'pipe', old: 'a', new: 'b' } }] },
    { text: 'ok' },
  ]);
  expect(code).toBe(0);
  expect(JSON.stringify(requests[2]!.body)).toContain('no regular file');
});

test('a recording that is there survives a run that cannot begin', async () => {
  const file = join(temporaryFolder(), 'old.jsonl');
  writeFileSync(file, 'precious');
  const { code } = await kino(['run', 'x', '--model', 'openai/gpt', '--mode', 'bypass', '--record', file]);
  expect([code, readFileSync(file, 'utf8')]).toEqual([2, 'precious']);
});

test('a run with long output plays again', async () => {
  const file = join(temporaryFolder(), 'long.jsonl');
  await run([bash('seq 20000'), { text: 'ok' }], { flags: ['--record', file] });
  await server!.close();
  const again = await run([{ text: 'not asked' }], { flags: ['--replay', file] });
  expect([again.code, again.requests.length]).toEqual([0, 0]);
});
