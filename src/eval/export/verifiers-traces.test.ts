import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/support/temporary.ts';
import { SqliteThreadStore } from '../../thread/index.ts';
import { exportExperiment } from './export-experiment.ts';
import { recordExperiment } from './fixture.ts';

async function runsOf(options?: { missing?: boolean }) {
  const store = new SqliteThreadStore(':memory:');
  const experiment = await recordExperiment(store, options);
  const files = await exportExperiment('verifiers', { store, experiment, out: temporaryFolder() });
  return Object.fromEntries(
    files.map((file) => {
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
      return [basename(dirname(file)), lines.map((line) => JSON.parse(line))];
    }),
  );
}
const KINO = 'localize--openrouter--qwen--qwen3--kino--e0-2';

test('each agent has a run, each rollout an episode, in the order of the plan', async () => {
  const runs = await runsOf();
  expect(Object.keys(runs)).toEqual(['localize--none--nop--e0-1', KINO]);
  expect(runs[KINO]!.map(({ id, ok }) => [id, ok])).toEqual([
    ['r-kin-a-1', true],
    ['r-kin-b-1', false],
    ['r-kin-a-2', true],
    [expect.stringMatching(/^[0-9a-f]{16}$/), false],
  ]);
  expect((await runsOf({ missing: true }))[KINO]).toHaveLength(3);
});

test('messages are a graph that begins anew where the conversation did', async () => {
  const [episode] = (await runsOf())[KINO]!;
  const [{ nodes, calls, rewards, stop_condition, info }] = episode.traces;
  const shape = nodes.map((node: { parent: number | null; message: { role: string }; sampled: boolean }) => [
    node.message.role,
    node.parent,
    node.sampled,
  ]);
  expect(shape).toEqual([
    ['user', null, false],
    ['assistant', 0, true],
    ['tool', 1, false],
    ['tool', 2, false],
    ['user', null, false],
    ['assistant', 4, true],
  ]);
  expect(nodes[1].message.tool_calls.map((call: { arguments: string }) => call.arguments)).toEqual([
    '{"pattern":"x"}',
    '{"pattern": "x',
  ]);
  // What a cache answered is counted apart.
  expect(calls[0]).toMatchObject({ node: 1, usage: { prompt_tokens: 60, cached_input_tokens: 40 } });
  expect(rewards).toEqual({ reward: { score: 1, weight: 1 } });
  expect([stop_condition, info.thread]).toEqual(['agent_completed', 'r-kin-a-1']);
});

test('what was unscored has an error and a null in the place of its reward', async () => {
  const [, unscored, cut, threadless] = (await runsOf())[KINO]!;
  for (const episode of [unscored, threadless]) {
    expect(episode.errors).toEqual([{ type: 'InfrastructureError', message: expect.stringMatching(/gone/) }]);
    expect(episode.traces[0]).toMatchObject({
      ok: false,
      rewards: { reward: null },
      stop_condition: 'error',
    });
  }
  expect(threadless.traces[0].nodes).toEqual([]);
  expect(cut.traces[0]).toMatchObject({ ok: true, stop_condition: 'max_turns', is_timeout: false });
});

test('an answer without a model is no sampled message', async () => {
  const [{ traces }] = (await runsOf())['localize--none--nop--e0-1'] as [{ traces: [{ nodes: object[] }] }];
  expect(traces[0].nodes.at(-1)).toMatchObject({
    sampled: false,
    message: { role: 'assistant', content: '["src/a.ts"]' },
  });
});
