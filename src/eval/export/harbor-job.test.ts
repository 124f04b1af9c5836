import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/support/temporary.ts';
import { SqliteThreadStore } from '../../thread/index.ts';
import { exportExperiment } from './export-experiment.ts';
import { recordExperiment } from './fixture.ts';

async function jobOf(options?: { missing?: boolean }) {
  const store = new SqliteThreadStore(':memory:');
  const out = temporaryFolder();
  await exportExperiment('harbor', { store, experiment: await recordExperiment(store, options), out });
  const job = join(out, 'jobs', 'localize__e0');
  const trial = (name: string) => ({
    path: (file: string) => join(job, name, file),
    json: (file: string) => JSON.parse(readFileSync(join(job, name, file), 'utf8')),
  });
  return { job, trial, json: (file: string) => JSON.parse(readFileSync(join(job, file), 'utf8')) };
}

test('a job has a folder for each rollout, and its figures are those of a report', async () => {
  const { job, json } = await jobOf();
  const trials = readdirSync(job).filter((name) => name.includes('__'));
  expect(trials).toHaveLength(8);
  expect(trials.every((name) => /^[ab]{16}__.{7}$/.test(name))).toBe(true);
  const { stats, n_total_trials, finished_at } = json('result.json');
  expect(n_total_trials).toBe(8);
  expect(finished_at).not.toBeNull();
  expect(stats).toMatchObject({ n_completed_trials: 8, n_errored_trials: 2, n_pending_trials: 0 });
  const kino = stats.evals['kino__qwen/qwen3__localize'];
  expect(kino).toMatchObject({ n_trials: 2, n_errors: 2 });
  // Harbor's own mean would count the two that are unscored as 0 and say 0.375.
  expect(kino.metrics).toEqual([{ agent: 'kino openrouter/qwen/qwen3', mean: 0.75, n: 1, clusters: 1 }]);
  expect(kino.reward_stats.reward).toEqual({ 0.5: [expect.any(String)], 1: [expect.any(String)] });
  expect(kino.exception_stats.InfrastructureError).toHaveLength(2);
  expect(stats.evals.nop__localize.metrics[0]).toMatchObject({ mean: 0, n: 2, low: 0 });
});

test('a scored trial has its reward, its trajectory and what the verifier said', async () => {
  const { trial } = await jobOf();
  const { path, json } = trial('aaaaaaaaaaaaaaaa__kin-a-1');
  expect(readFileSync(path('verifier/reward.txt'), 'utf8')).toBe('1\n');
  expect(readFileSync(path('verifier/test-stdout.txt'), 'utf8')).toBe(
    'right: src/a.ts\nf1: 1\nfinding many-paths: it named 40 files: a [2Jb\n',
  );
  expect(json('agent/trajectory.json')).toMatchObject({
    schema_version: 'ATIF-v1.7',
    session_id: 'r-kin-a-1',
  });
  expect(existsSync(path('exception.txt'))).toBe(false);
  const result = json('result.json');
  expect(result).toMatchObject({
    verifier_result: { rewards: { reward: 1 } },
    exception_info: null,
    agent_info: {
      name: 'kino',
      version: '1.2.3',
      model_info: { provider: 'openrouter', name: 'qwen/qwen3' },
    },
    agent_result: { n_input_tokens: 200, n_cache_tokens: 40, n_output_tokens: 40 },
  });
  expect(result.config).toEqual(json('config.json'));
  const log = readFileSync(path('trial.log'), 'utf8');
  expect(log).toMatch(/ tool\.ended step 1 grep\n/);
  expect(log).toMatch(/ done, reward 1: The agent answered\.\n$/);
});

test.each([
  ['infrastructure', 'bbbbbbbbbbbbbbbb__kin-b-1', 'The endpoint is gone.', true],
  ['a repository that is gone', undefined, 'The folder /some/where is gone.', false],
])('a trial that is unscored by %s has an exception and no reward', async (_, known, reason, hasThread) => {
  const { job, trial } = await jobOf();
  const name = known ?? readdirSync(job).find((one) => /^b+__[0-9a-f]{7}$/.test(one))!;
  const { path, json } = trial(name);
  expect(existsSync(path('verifier/reward.txt'))).toBe(false);
  expect(existsSync(path('agent/trajectory.json'))).toBe(hasThread);
  expect(json('result.json')).toMatchObject({
    verifier_result: null,
    exception_info: { exception_type: 'InfrastructureError', exception_message: reason },
  });
});

test('what was not run is pending', async () => {
  const { stats, n_total_trials } = (await jobOf({ missing: true })).json('result.json');
  expect([n_total_trials, stats.n_completed_trials, stats.n_pending_trials]).toEqual([8, 7, 1]);
});
