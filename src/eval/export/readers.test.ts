import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { temporaryFolder } from '../../../test/support/temporary.ts';
import { SqliteThreadStore } from '../../thread/index.ts';
import { type ExperimentFormat, exportExperiment } from './export-experiment.ts';
import { recordExperiment } from './fixture.ts';

const FOLDERS = { harbor: 'jobs', verifiers: 'outputs', inspect: 'logs' };
const KINO = 'kino openrouter/qwen/qwen3';
/** Python compiles what it imports the first time. */
const TIMEOUT_MS = 180_000;

/** Exports an experiment, and tells what the format's own project understands of it. */
async function readBack(
  context: TestContext,
  format: ExperimentFormat,
  options?: Parameters<typeof recordExperiment>[1],
) {
  const readers = process.env.KINO_READERS;
  if (!readers)
    context.skip('KINO_READERS names no environment with the readers; install-readers.sh makes one');
  const store = new SqliteThreadStore(':memory:');
  const home = temporaryFolder();
  await exportExperiment(format, { store, experiment: await recordExperiment(store, options), out: home });
  const script = join(import.meta.dirname, 'read-exports.py');
  const output = execFileSync(join(readers!, 'bin/python'), [script, format, join(home, FOLDERS[format])], {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home },
    encoding: 'utf8',
  });
  return JSON.parse(output);
}

test(
  'Harbor reads the job, and counts what the job says',
  async (context) => {
    const job = await readBack(context, 'harbor');
    expect(job).toMatchObject({ job: 'localize__e0', agents: ['nop', 'kino'], trajectories: 7, cost: 0.02 });
    expect(job.means).toEqual({ nop__localize: [0], 'kino__qwen/qwen3__localize': [0.75] });
    expect(job.rewards).toMatchObject({ 'kin-a-1': 1, 'kin-a-2': 0.5, 'nop-b-2': 0 });
    expect(Object.keys(job.rewards)).toHaveLength(6);
    expect(job.exceptions).toEqual(['The endpoint is gone.', 'The folder /some/where is gone.']);
    const empty = await readBack(context, 'harbor', { empty: true });
    expect(empty).toMatchObject({ trajectories: 0, means: {}, rewards: {}, exceptions: [] });
  },
  TIMEOUT_MS,
);

test(
  'verifiers reads the episodes',
  async (context) => {
    const runs = await readBack(context, 'verifiers');
    const [solved, unscored, cut, threadless] = runs['localize--openrouter--qwen--qwen3--kino--e0-2'];
    expect(solved).toMatchObject({ ok: true, reward: 1, turns: 2, branches: 2, tokens: [200, 40] });
    expect(solved).toMatchObject({ reply: '["src/a.ts"]', model: 'openrouter/qwen/qwen3', truncated: false });
    expect(cut).toMatchObject({ ok: true, reward: 0.5, truncated: true, branches: 1 });
    expect(unscored).toMatchObject({ ok: false, reward: null, error: 'The endpoint is gone.' });
    expect(threadless).toMatchObject({ ok: false, reward: null, turns: 0 });
    const [nop] = runs['localize--none--nop--e0-1'];
    expect(nop).toMatchObject({ ok: true, reward: 0, turns: 0, model: null, reply: '["src/a.ts"]' });
    expect(Object.values(await readBack(context, 'verifiers', { empty: true }))).toEqual([[], []]);
  },
  TIMEOUT_MS,
);

test(
  'Inspect reads the logs, and comes to the same figures',
  async (context) => {
    const logs = await readBack(context, 'inspect');
    expect(logs[KINO]).toMatchObject({ status: 'success', model: 'openrouter/qwen/qwen3', epochs: 2 });
    expect(logs[KINO].means).toEqual({ reward: 0.75, f1: 0.75, recall_at_5: 0.375 });
    const samples = logs[KINO].samples.map(({ id, epoch, reward, error, limit }: Record<string, unknown>) => [
      ...[(id as string)[0], epoch, reward],
      error ?? limit,
    ]);
    expect(samples).toEqual([
      ['a', 1, 1, null],
      ['b', 1, null, 'The endpoint is gone.'],
      ['a', 2, 0.5, 'turn'],
      ['b', 2, null, 'The folder /some/where is gone.'],
    ]);
    expect(logs.nop).toMatchObject({ model: 'none/none', means: { reward: 0 } });
    expect((await readBack(context, 'inspect', { missing: true }))[KINO].samples).toHaveLength(3);
    const empty = await readBack(context, 'inspect', { empty: true });
    expect(empty[KINO]).toMatchObject({ status: 'started', means: {}, samples: [] });
  },
  TIMEOUT_MS,
);
