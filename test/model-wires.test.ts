import { afterEach, expect, test } from 'vitest';
import {
  ModelCallError,
  type ModelDelta,
  type ModelRequest,
  resolveModel,
  streamWithRetry,
} from '../src/model/index.ts';
import { type ModelServer, type Script, startModelServer } from './support/model-server.ts';

let server: ModelServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const WIRES = [
  { provider: 'anthropic', path: '/v1', env: 'ANTHROPIC_API_KEY' },
  { provider: 'openai', path: '/v1', env: 'OPENAI_API_KEY' },
  { provider: 'openai-chat', path: '/v1', env: 'OPENAI_API_KEY' },
  { provider: 'google', path: '/v1beta', env: 'GEMINI_API_KEY' },
  { provider: 'openai-compatible', path: '/v1', env: 'OPENAI_COMPATIBLE_API_KEY' },
] as const;
type Wire = (typeof WIRES)[number];

const request: ModelRequest = {
  system: 'be brief',
  messages: [{ role: 'user', text: 'go' }],
  tools: [
    {
      name: 'bash',
      description: 'run',
      inputSchema: { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] },
    },
  ],
};

/** Retries as in life, without the waiting. */
const policy = { attempts: 3, baseMs: 1, maxMs: 2, maxRetryAfterMs: 5_000, random: () => 0 };

async function ask(wire: Wire, script: Script, asked: ModelRequest = request) {
  server = await startModelServer(script);
  const model = await resolveModel(`${wire.provider}/scripted`, {
    baseUrl: server.url + wire.path,
    env: { [wire.env]: 'sk-secret' },
    prices: { [`${wire.provider}/scripted`]: { input: 1, output: 2, cachedInput: 0.5 } },
  });
  const deltas: ModelDelta[] = [];
  const retries: { attempt: number; reason: string; delayMs: number }[] = [];
  const stream = streamWithRetry(model, asked, {
    policy,
    onRetry: async (notice) => {
      deltas.length = 0;
      retries.push(notice);
    },
  });
  for (;;) {
    const next = await stream.next();
    if (next.done) return { answer: next.value, deltas, retries, requests: server.requests };
    deltas.push(next.value);
  }
}

test.each(WIRES)(
  '$provider: text streams, and the answer holds it whole with its usage and cost',
  async (wire) => {
    const usage = { input: 1_000_000, output: 500_000, cached: 200_000 };
    const { answer, deltas } = await ask(wire, [{ text: 'Hello, brave new world!', usage }]);
    expect(answer.text).toBe('Hello, brave new world!');
    expect(deltas.map(({ text }) => text).join('')).toBe(answer.text);
    expect(deltas.length).toBeGreaterThan(1);
    expect(answer.finish).toBe('stop');
    expect(answer.usage).toMatchObject({
      inputTokens: 1_000_000,
      outputTokens: 500_000,
      cachedTokens: 200_000,
    });
    expect(answer.costUsd).toBeCloseTo(0.8 + 0.1 + 1);
  },
);

test.each(WIRES)('$provider: several tool calls come with their arguments', async (wire) => {
  const calls = [
    { name: 'bash', args: { command: 'echo "a\nb"' } },
    { name: 'bash', args: { command: 'ls' } },
  ];
  const { answer } = await ask(wire, [{ text: 'so', calls }]);
  expect(answer.finish).toBe('tool-calls');
  expect(answer.toolCalls.map(({ tool, input }) => [tool, input])).toEqual([
    ['bash', { command: 'echo "a\nb"' }],
    ['bash', { command: 'ls' }],
  ]);
  expect(new Set(answer.toolCalls.map(({ callId }) => callId)).size).toBe(2);
});

test.each(WIRES)('$provider: the conversation goes back with calls and results', async (wire) => {
  const { answer } = await ask(wire, [{ calls: [{ name: 'bash', args: { command: 'ls' } }] }]);
  await server?.close();
  const [call] = answer.toolCalls;
  const { requests } = await ask(wire, [{ text: 'ok' }], {
    ...request,
    messages: [
      ...request.messages,
      { role: 'assistant', text: '', toolCalls: answer.toolCalls, providerState: answer.providerState },
      {
        role: 'tool',
        results: [{ callId: call!.callId, tool: 'bash', output: 'file-in-the-result', ok: true }],
      },
    ],
  });
  const body = JSON.stringify(requests[0]!.body);
  expect(body).toContain('file-in-the-result');
  expect(body).toContain('be brief');
});

test.each(WIRES)('$provider: 429 with Retry-After and 500 are tried again, and said', async (wire) => {
  const { answer, retries, requests } = await ask(wire, [
    { fault: { kind: 'status', status: 429, headers: { 'retry-after-ms': '40' } } },
    { fault: { kind: 'status', status: 500 } },
    { text: 'at last' },
  ]);
  expect(answer.text).toBe('at last');
  expect(requests).toHaveLength(3);
  expect(retries.map(({ attempt }) => attempt)).toEqual([2, 3]);
  expect(retries[0]!.delayMs).toBeGreaterThanOrEqual(40);
  expect(retries[0]!.reason).toContain('429');
});

test.each(WIRES)('$provider: a refused key is not tried again', async (wire) => {
  const failing = ask(wire, [{ fault: { kind: 'status', status: 401 } }]);
  await expect(failing).rejects.toThrow(ModelCallError);
  await expect(failing).rejects.toMatchObject({ retryable: false, status: 401 });
  expect(server!.requests).toHaveLength(1);
});

const BREAKS = [
  { what: 'is cut inside a tool call', fault: { kind: 'cut', afterEvents: 5 } },
  { what: 'ends inside a tool call without its finish marker', fault: { kind: 'end', afterEvents: 5 } },
  { what: 'holds an event that is no JSON', fault: { kind: 'garbage', afterEvents: 2 } },
] as const;
const RM = { name: 'bash', args: { command: 'rm -rf build/cache/of/the/whole/project' } };

test.each(
  WIRES.filter(({ provider }) => provider !== 'google').flatMap((wire) =>
    BREAKS.map((one) => ({ ...wire, ...one })),
  ),
)('$provider: a stream that $what is asked for again; its half call is never seen', async (wire) => {
  const { answer, retries } = await ask(wire, [{ calls: [RM], fault: wire.fault }, { calls: [RM] }]);
  expect(retries).toHaveLength(1);
  expect(answer.toolCalls.map(({ input }) => input)).toEqual([RM.args]);
});

test('google: a stream that ends before its finish marker is asked for again', async () => {
  const wire = WIRES[3];
  const { answer, retries } = await ask(wire, [
    { calls: [RM], fault: { kind: 'end', afterEvents: 1 } },
    { text: 'x' },
  ]);
  expect(retries).toHaveLength(1);
  expect(answer.text).toBe('x');
});

test('a stream that breaks each time fails after the last try, as something that may pass', async () => {
  const failing = ask(WIRES[4], [{ text: 'never whole', fault: { kind: 'end', afterEvents: 2 } }]);
  await expect(failing).rejects.toMatchObject({ name: 'ModelCallError', retryable: true });
  expect(server!.requests).toHaveLength(3);
});

test.each([
  '{"command": "rm -rf build',
  '{"command": "a"} {"command": "b"}',
  '["rm"]',
  '"rm"',
  "{'command': 'x'}",
  '{"command": "x",}',
])('arguments %j are kept as malformed, without an input', async (args) => {
  const { answer } = await ask(WIRES[4], [{ calls: [{ name: 'bash', args }] }]);
  expect(answer.toolCalls).toHaveLength(1);
  expect(answer.toolCalls[0]!.input).toBeUndefined();
  expect(answer.toolCalls[0]!.malformed).toBe(args);
});

test('an unknown price gives no cost', async () => {
  server = await startModelServer([{ text: 'x' }]);
  const model = await resolveModel('openai-compatible/other', { baseUrl: `${server.url}/v1` });
  const stream = model.stream(request);
  let next = await stream.next();
  while (!next.done) next = await stream.next();
  expect(next.value.costUsd).toBeUndefined();
});

test('a pause that is longer than we wait is not waited for', async () => {
  const fault = { kind: 'status', status: 429, headers: { 'retry-after': '3600' } } as const;
  await expect(ask(WIRES[4], [{ fault }])).rejects.toMatchObject({ status: 429, retryAfterMs: 3_600_000 });
  expect(server!.requests).toHaveLength(1);
});

test('a server that is not there is tried again, then named', async () => {
  const gone = await startModelServer([{ text: '' }]);
  await gone.close();
  const model = await resolveModel('openai-compatible/x', { baseUrl: `${gone.url}/v1` });
  const stream = streamWithRetry(model, request, { policy });
  await expect(stream.next()).rejects.toThrow(/127\.0\.0\.1:\d+ could not be reached/);
});

test('an abort ends a call that hangs', async () => {
  server = await startModelServer([{ fault: { kind: 'hang' } }]);
  const model = await resolveModel('openai-compatible/x', { baseUrl: `${server.url}/v1` });
  const abort = new AbortController();
  const asking = streamWithRetry(model, request, { signal: abort.signal }).next();
  setTimeout(() => abort.abort(), 50);
  await expect(asking).rejects.toThrow('The call was stopped.');
});
