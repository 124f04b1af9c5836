import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/support/temporary.ts';
import { SqliteThreadStore } from '../../thread/index.ts';
import { exportExperiment } from './export-experiment.ts';
import { recordExperiment, unzip } from './fixture.ts';

async function logsOf(options?: { missing?: boolean }) {
  const store = new SqliteThreadStore(':memory:');
  const experiment = await recordExperiment(store, options);
  const files = await exportExperiment('inspect', { store, experiment, out: temporaryFolder() });
  const logs = files.map((file) => {
    const entries = unzip(file);
    return { names: [...entries.keys()], json: (name: string) => JSON.parse(String(entries.get(name))) };
  });
  const byAgent = (agent: string) => logs.find(({ json }) => json('header.json').eval.solver === agent)!;
  return { files, nop: byAgent('nop'), kino: byAgent('kino openrouter/qwen/qwen3') };
}

test('a log holds a sample for each task and epoch, and what a list shows of them', async () => {
  const { files, kino } = await logsOf();
  expect(files).toHaveLength(2);
  expect(files[0]).toMatch(/logs\/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\+00-00_localize_[0-9a-f]{22}\.eval$/);
  expect(kino.names).toEqual([
    '_journal/start.json',
    'samples/aaaaaaaaaaaaaaaa_epoch_1.json',
    'samples/bbbbbbbbbbbbbbbb_epoch_1.json',
    'samples/aaaaaaaaaaaaaaaa_epoch_2.json',
    'samples/bbbbbbbbbbbbbbbb_epoch_2.json',
    'summaries.json',
    'reductions.json',
    'header.json',
  ]);
  const { version, eval: spec, plan } = kino.json('header.json');
  expect(kino.json('_journal/start.json')).toEqual({ version, eval: spec, plan });
  expect(spec).toMatchObject({ model: 'openrouter/qwen/qwen3', config: { epochs: 2, turn_limit: 3 } });
  expect(kino.json('summaries.json').map(({ error }: { error?: string }) => error)).toEqual([
    undefined,
    'The endpoint is gone.',
    undefined,
    'The folder /some/where is gone.',
  ]);
});

test('figures stand with their n, and what is unscored lowers none', async () => {
  const { kino, nop } = await logsOf();
  const { results, status, stats } = kino.json('header.json');
  expect(status).toBe('success');
  expect(results).toMatchObject({ total_samples: 4, completed_samples: 2 });
  const [reward] = results.scores;
  expect(reward).toMatchObject({ name: 'reward', scored_samples: 1, unscored_samples: 1 });
  expect(reward.metrics).toEqual({
    mean: { name: 'mean', value: 0.75, metadata: { n: 1, clusters: 1, clustered_by: 'task' } },
  });
  expect(kino.json('reductions.json')[0].samples).toEqual([{ value: 0.75, sample_id: 'aaaaaaaaaaaaaaaa' }]);
  expect(stats.model_usage['openrouter/qwen/qwen3']).toMatchObject({ total_tokens: 360 });
  const [zero] = nop.json('header.json').results.scores;
  expect(zero.metrics.mean).toMatchObject({
    value: 0,
    metadata: { n: 2, interval: [0, expect.any(Number)] },
  });
});

test('a sample that is unscored has an error and no score', async () => {
  const { kino } = await logsOf();
  for (const name of ['samples/bbbbbbbbbbbbbbbb_epoch_1.json', 'samples/bbbbbbbbbbbbbbbb_epoch_2.json']) {
    const sample = kino.json(name);
    expect(sample.error.message).toMatch(/gone/);
    expect(sample).not.toHaveProperty('scores');
    expect(sample.events.at(-1).event).toBe('error');
  }
});

test('the transcript says what went in and what came out, and the limit that was met', async () => {
  const { kino } = await logsOf();
  const solved = kino.json('samples/aaaaaaaaaaaaaaaa_epoch_1.json');
  const shape = solved.events.map((event: { event: string; input_refs?: number[][] }) => [
    event.event,
    ...(event.input_refs ?? []),
  ]);
  expect(shape).toEqual([
    ['sample_init'],
    ['model', [0, 1]],
    ['tool'],
    ['tool'],
    ['compaction'],
    ['model', [4, 5]],
    ['score'],
    ['score'],
    ['score'],
  ]);
  expect(solved.scores).toMatchObject({
    reward: { value: 1 },
    f1: { value: 1 },
    recall_at_5: { value: 0.5 },
  });
  expect(solved.messages[1].tool_calls[1]).toMatchObject({
    arguments: {},
    parse_error: expect.stringMatching(/^no JSON/),
  });
  const cut = kino.json('samples/aaaaaaaaaaaaaaaa_epoch_2.json');
  expect(cut.limit).toMatchObject({ type: 'turn', limit: 3 });
  expect(cut.scores.reward.value).toBe(0.5);
});

test('an experiment that was stopped says so, and counts what is not there', async () => {
  const { status, results } = (await logsOf({ missing: true })).kino.json('header.json');
  expect(status).toBe('cancelled');
  expect(results).toMatchObject({
    total_samples: 4,
    logged_samples: 3,
    metadata: { missing: 1, unscored: 1 },
  });
});
