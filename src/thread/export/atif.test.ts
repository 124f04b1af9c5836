import { expect, test } from 'vitest';
import type { StoredEvent, ThreadEvent } from '../event.ts';
import { toAtif } from './atif.ts';
import { atifSchema } from './atif-schema.ts';
import { toJsonl } from './jsonl.ts';

const stored = (events: ThreadEvent[]): StoredEvent[] =>
  events.map((event, index) => ({ ...event, seq: index + 1, at: 1_700_000_000_000 + index }));

const session = stored([
  {
    type: 'thread.started',
    kind: 'rollout',
    title: 't',
    agent: 'kino',
    model: 'p/m',
    kino: '1.2.3',
    host: 'h',
    pid: 1,
  },
  { type: 'user.message', text: 'fix it' },
  { type: 'model.requested', step: 1, attempt: 1, messages: 1 },
  {
    type: 'assistant.message',
    step: 1,
    text: 'looking',
    reasoning: 'hm',
    toolCalls: [
      { callId: 'c1', tool: 'read', input: { path: 'a' } },
      { callId: 'c2', tool: 'bash', malformed: '{"command": "rm -rf build' },
    ],
    finish: 'tool-calls',
    usage: { inputTokens: 10, outputTokens: 5, cachedTokens: 4, reasoningTokens: 2 },
    costUsd: 0.01,
    durationMs: 3,
  },
  { type: 'tool.ended', step: 1, callId: 'c2', tool: 'bash', ok: false, output: 'not run', durationMs: 0 },
  { type: 'tool.ended', step: 1, callId: 'c1', tool: 'read', ok: true, output: '1\tx', durationMs: 1 },
  { type: 'rollout.scored', task: 'abc', attempt: 1, reward: 0.5, metrics: { f1: 0.5 }, findings: [] },
  {
    type: 'thread.ended',
    status: 'done',
    reason: 'r',
    answer: 'done',
    steps: 1,
    usage: { inputTokens: 10, outputTokens: 5 },
    costUsd: 0.01,
    durationMs: 9,
  },
]);

test('a thread becomes a valid trajectory with results in the step of their calls', () => {
  const atif = toAtif('t1', session);
  expect(atif.schema_version).toBe('ATIF-v1.7');
  expect(atif.agent).toEqual({ name: 'kino', version: '1.2.3', model_name: 'p/m' });
  expect(atif.steps.map(({ step_id, source }) => [step_id, source])).toEqual([
    [1, 'user'],
    [2, 'agent'],
  ]);
  const [, step] = atif.steps;
  expect(step?.tool_calls?.[1]).toEqual({
    tool_call_id: 'c2',
    function_name: 'bash',
    arguments: {},
    extra: { malformed: '{"command": "rm -rf build' },
  });
  expect(step?.observation?.results.map(({ source_call_id, content }) => [source_call_id, content])).toEqual([
    ['c2', 'not run'],
    ['c1', '1\tx'],
  ]);
  expect(step?.metrics).toMatchObject({
    prompt_tokens: 10,
    completion_tokens: 5,
    cached_tokens: 4,
    cost_usd: 0.01,
  });
  expect(atif.final_metrics).toMatchObject({ total_prompt_tokens: 10, total_cost_usd: 0.01, total_steps: 2 });
  expect(atif.extra).toMatchObject({ reward: 0.5, task: 'abc' });
});

test('an agent without a model gives one step without a model call', () => {
  const events = stored([
    { type: 'thread.started', kind: 'rollout', title: 't', agent: 'finder', kino: '1', host: 'h', pid: 1 },
    { type: 'user.message', text: 'find' },
    { type: 'thread.ended', status: 'done', reason: '', answer: '["a"]', steps: 1, usage: {}, durationMs: 1 },
  ]);
  expect(toAtif('t', events).steps[1]).toMatchObject({
    source: 'agent',
    message: '["a"]',
    llm_call_count: 0,
  });
});

test('a thread that was killed at once is still a trajectory', () => {
  expect(toAtif('t', session.slice(0, 1)).steps).toHaveLength(1);
});

test.each([
  ['an unknown key', (atif: Record<string, unknown>) => ({ ...atif, surprise: 1 })],
  [
    'a gap in step_id',
    (atif: Record<string, unknown>) => ({ ...atif, steps: [{ step_id: 2, source: 'user', message: '' }] }),
  ],
  [
    'tool calls of a user',
    (atif: Record<string, unknown>) => ({
      ...atif,
      steps: [{ step_id: 1, source: 'user', message: '', tool_calls: [] }],
    }),
  ],
  [
    'a result without its call',
    (atif: Record<string, unknown>) => ({
      ...atif,
      steps: [
        { step_id: 1, source: 'agent', message: '', observation: { results: [{ source_call_id: 'x' }] } },
      ],
    }),
  ],
  ['another version', (atif: Record<string, unknown>) => ({ ...atif, schema_version: 'ATIF-v9' })],
])('the schema refuses %s', (_, spoil) => {
  const good = toAtif('t1', session);
  expect(atifSchema.safeParse(good).success).toBe(true);
  expect(atifSchema.safeParse(spoil(good)).success).toBe(false);
});

test('JSON Lines hold every event, in order', () => {
  const lines = toJsonl(session).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual(session);
});
