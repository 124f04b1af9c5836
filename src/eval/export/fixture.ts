import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import type { RolloutFinished, ThreadEvent, ThreadStore } from '../../thread/index.ts';
import { cellsOf, type Plan } from '../experiment.ts';

/** Tests' own: an experiment as it comes to be, with everything in it that an export can meet. */
export const PLAN: Plan = {
  environment: '/some/where/localize.jsonl',
  tasks: ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb'],
  agents: [
    { label: 'nop', name: 'nop' },
    { label: 'kino openrouter/qwen/qwen3', name: 'kino', model: 'openrouter/qwen/qwen3' },
  ],
  attempts: 2,
  sandbox: 'workspace-write',
  budget: { steps: 3, seconds: 900 },
  kino: '1.2.3',
};
const [NOP, KINO] = PLAN.agents.map(({ label }) => label) as [string, string];

const HERE = { kino: '1.2.3', host: 'here', pid: 1 };
/** Cut in the middle of a character, as an output may be. */
const OUTPUT = 'src/a.ts\nsrc/größe.ts ☃ \u0000 \ud83d';

/**
 * Ids: experiment `e0`, rollouts `r-<agent>-<task>-<attempt>`. The agent nop is scored 0 four times. Kino has 1 (after a
 * try that was unscored), 0.5 at the end of its steps, an unscored one, and one of which there is no thread; with
 * `missing`, the last one was not run; with `empty`, none was.
 */
export async function recordExperiment(
  store: ThreadStore,
  options: { missing?: boolean; empty?: boolean } = {},
): Promise<string> {
  await store.append('e0', [
    { type: 'thread.started', kind: 'experiment', title: 'localize: nop, kino', ...HERE },
    { type: 'experiment.planned', plan: PLAN },
  ]);
  if (options.empty) return 'e0';
  await finish(store, { attempt: 1, reward: null, thread: 'r0' }, [...began(KINO), scored(null), failed()]);
  for (const { task, agent, attempt } of cellsOf(PLAN)) {
    const place = { task, agent, attempt, thread: `r-${agent.slice(0, 3)}-${task[0]}-${attempt}` };
    if (agent === NOP)
      await finish(store, { ...place, reward: 0, costUsd: 0 }, [...began(NOP), scored(0), done()]);
    else if (task === PLAN.tasks[0] && attempt === 1) await finish(store, { ...place, reward: 1 }, solved());
    else if (task === PLAN.tasks[0]) await finish(store, { ...place, reward: 0.5 }, outOfSteps());
    else if (attempt === 1)
      await finish(store, { ...place, reward: null }, [...began(KINO), scored(null), failed()]);
    else if (!options.missing) await finish(store, { ...place, reward: null, thread: 'e0' });
  }
  const status = options.missing ? 'interrupted' : 'done';
  await store.append('e0', [
    { type: 'thread.ended', status, reason: '', answer: '', steps: 8, usage: {}, durationMs: 1 },
  ]);
  return 'e0';
}

async function finish(
  store: ThreadStore,
  result: Partial<RolloutFinished> & Pick<RolloutFinished, 'thread' | 'reward'>,
  events?: ThreadEvent[],
): Promise<void> {
  if (events) await store.append(result.thread, events);
  const ended = events?.at(-1);
  await store.append('e0', [
    {
      type: 'rollout.finished',
      task: PLAN.tasks[0]!,
      repository: 'c0ffee',
      agent: KINO,
      attempt: 1,
      status: ended?.type === 'thread.ended' ? ended.status : 'failed',
      reason: ended?.type === 'thread.ended' ? ended.reason : 'The folder /some/where is gone.',
      metrics: result.reward === null ? {} : { f1: result.reward, recall_at_5: result.reward / 2 },
      steps: 1,
      seconds: 1.5,
      ...(ended?.type === 'thread.ended' && ended.costUsd !== undefined && { costUsd: ended.costUsd }),
      ...result,
    },
  ]);
}

const began = (label: string): ThreadEvent[] => {
  const { name, model } = PLAN.agents.find((agent) => agent.label === label)!;
  return [
    {
      type: 'thread.started',
      kind: 'rollout',
      title: 'handle an empty list',
      agent: name,
      ...(model !== undefined && { model }),
      repository: '/some/where/repository',
      base: 'f'.repeat(40),
      parent: 'e0',
      ...HERE,
    },
    { type: 'user.message', text: 'Find the files for: handle an empty list' },
  ];
};

const scored = (reward: number | null): ThreadEvent => ({
  type: 'rollout.scored',
  task: PLAN.tasks[0]!,
  attempt: 1,
  reward,
  metrics: reward === null ? {} : { f1: reward },
  explanation: reward === null ? 'The endpoint is gone.' : 'right: src/a.ts',
  findings: reward === null ? [] : [{ name: 'many-paths', detail: 'it named 40 files:\na\u001b[2Jb' }],
});

const done = (change: Partial<Extract<ThreadEvent, { type: 'thread.ended' }>> = {}): ThreadEvent => ({
  type: 'thread.ended',
  status: 'done',
  reason: 'The agent answered.',
  answer: '["src/a.ts"]',
  steps: 1,
  usage: {},
  durationMs: 1500,
  ...change,
});

const failed = (): ThreadEvent =>
  done({ status: 'failed', reason: 'The endpoint is gone.', infrastructure: true, answer: '' });

const USAGE = { inputTokens: 100, cachedTokens: 40, outputTokens: 20, reasoningTokens: 5 };

const answers = (
  step: number,
  text: string,
  calls: { callId: string; malformed?: string }[],
): ThreadEvent => ({
  type: 'assistant.message',
  step,
  text,
  reasoning: 'hm',
  toolCalls: calls.map((call) => ({
    ...call,
    tool: 'grep',
    ...(!call.malformed && { input: { pattern: 'x' } }),
  })),
  finish: calls.length > 0 ? 'tool-calls' : 'stop',
  usage: USAGE,
  costUsd: 0.01,
  durationMs: 250,
});

const result = (step: number, callId: string, ok: boolean): ThreadEvent => ({
  type: 'tool.ended',
  ...{ step, callId, tool: 'grep', ok, output: OUTPUT, durationMs: 30 },
});

function solved(): ThreadEvent[] {
  return [
    ...began(KINO),
    { type: 'model.requested', step: 1, attempt: 1, messages: 1 },
    { type: 'assistant.delta', step: 1, channel: 'text', text: 'loo' },
    answers(1, 'looking', [{ callId: 'c1' }, { callId: 'c2', malformed: '{"pattern": "x' }]),
    result(1, 'c2', false),
    result(1, 'c1', true),
    {
      type: 'context.compacted',
      ...{ step: 2, reason: 'full', text: 'So far: nothing.', tokensBefore: 900, tokensAfter: 90 },
    },
    answers(2, '["src/a.ts"]', []),
    scored(1),
    done({ steps: 2, usage: { ...USAGE, inputTokens: 200, outputTokens: 40 }, costUsd: 0.02 }),
  ];
}

function outOfSteps(): ThreadEvent[] {
  const steps = [1, 2, 3].flatMap((step) => [
    answers(step, '', [{ callId: 'c0' }]),
    result(step, 'c0', true),
  ]);
  const reason = 'It reached the budget of 3 steps.';
  return [
    ...began(KINO),
    ...steps,
    scored(0.5),
    done({ status: 'exhausted', reason, steps: 3, usage: USAGE }),
  ];
}

/** The entries of a zip archive by its directory: name to content. */
export function unzip(path: string): Map<string, Buffer> {
  const bytes = readFileSync(path);
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let [count, at] = [bytes.readUInt16LE(end + 10), bytes.readUInt32LE(end + 16)];
  if (count === 0xffff) {
    const end64 = Number(bytes.readBigUInt64LE(end - 20 + 8));
    [count, at] = [Number(bytes.readBigUInt64LE(end64 + 32)), Number(bytes.readBigUInt64LE(end64 + 48))];
  }
  const entries = new Map<string, Buffer>();
  for (let index = 0; index < count; index++) {
    const [name, extra] = [bytes.readUInt16LE(at + 28), bytes.readUInt16LE(at + 30)];
    const local = bytes.readUInt32LE(at + 42);
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const data = bytes.subarray(start, start + bytes.readUInt32LE(at + 20));
    const content = bytes.readUInt16LE(at + 10) === 8 ? inflateRawSync(data) : data;
    entries.set(bytes.toString('utf8', at + 46, at + 46 + name), content);
    at += 46 + name + extra;
  }
  return entries;
}
