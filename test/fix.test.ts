import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { kino } from './support/cli.ts';
import { startModelServer } from './support/model-server.ts';
import { createSlugs } from './support/slugs.ts';
import { temporaryFolder } from './support/temporary.ts';

// Each runs real test suites many times, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const MINE = ['mine', 'fix', '--repeats', '2', '--mutants', '2'];

function begin() {
  const slugs = createSlugs();
  const home = temporaryFolder();
  const run = (...args: string[]) => kino(args, { cwd: slugs.path, env: { KINO_HOME: home } });
  return { ...slugs, home, run };
}

test('a history becomes tasks, the baselines say that they are sound, and an agent is scored on them', async () => {
  const { path, commits, home, run } = begin();
  const mined = await run(...MINE);
  expect(mined).toMatchObject({ code: 0 });
  expect(mined.stdout).toMatch(/9 .* commits\n[\s\S]* 1 .* tasks\n/);
  expect(mined.stdout).toMatch(/fail\/pass[\s\S]*2\/2/);
  expect(mined.stdout).toContain('1 tasks in .kino/environments/fix.jsonl');

  const checked = await run('check', 'fix');
  expect(checked).toMatchObject({ code: 0 });
  expect(checked.stdout).toContain('sound: on 1 tasks oracle gets 1 and nop gets 0');

  const fixed = readFileSync(join(path, '.kino/environments/fix.jsonl'), 'utf8');
  const { gold } = JSON.parse(fixed) as { gold: { patch: string } };
  expect(gold.patch).toContain('untitled');
  const source = `export function slugOf(title) {
  return title.toLowerCase().split(/[^a-z0-9]+/).filter(Boolean).join('-') || 'untitled';
}
export function titleOf(slug) {
  return slug.split('-').map((word) => word[0].toUpperCase() + word.slice(1)).join(' ');
}
`;
  const server = await startModelServer([
    {
      calls: [
        { name: 'bash', args: { command: 'node --test; git log --all --oneline | wc -l; (sleep 100 &) ' } },
      ],
    },
    { calls: [{ name: 'read', args: { path: 'src/slug.js' } }] },
    { calls: [{ name: 'write', args: { path: 'src/slug.js', content: source } }] },
    { text: 'Slugs hold letters and digits now.' },
  ]);
  onTestFinished(server.close);
  const judged = await run(
    'eval',
    'fix',
    '--agent',
    'kino',
    '--model',
    'openai-compatible/m',
    '--base-url',
    `${server.url}/v1`,
    '--json',
  );
  expect(judged).toMatchObject({ code: 0 });
  const { rollouts } = JSON.parse(judged.stdout) as { rollouts: { reward: number; thread: string }[] };
  expect(rollouts).toMatchObject([{ reward: 1, metrics: { fail_to_pass: 1, pass_to_pass: 1 } }]);
  const shown = await run('threads', 'show', rollouts[0]!.thread, '--json');
  const { events } = JSON.parse(shown.stdout) as {
    events: { type: string; output?: string; findings?: { name: string }[] }[];
  };
  const scored = events.find(({ type }) => type === 'rollout.scored');
  expect(scored?.findings?.map(({ name }) => name).sort()).toEqual([
    'left-processes',
    'looked-for-the-future',
  ]);
  // It saw one commit, and the tests as they were before.
  const ran = events.find(({ type }) => type === 'tool.ended')?.output;
  expect(ran).toMatch(/# pass 2|pass 2/);
  expect(ran).toMatch(/\n1\b/);

  // Nothing is left but what is kept.
  expect(readdirSync(join(home, 'workspaces'))).toEqual([]);
  expect(existsSync(join(path, '.git', 'index.lock'))).toBe(false);
  expect(commits.fix).toBeDefined();
});

test('one commit is explained, with what was run', async () => {
  const { commits, run } = begin();
  const task = await run(...MINE, '--explain', commits.fix!);
  expect(task.code).toBe(0);
  for (const part of [
    'node:test in . (package.json: scripts.test)',
    'with the fix',
    'without the fix',
    'a mutant of the fix',
    'fail, then pass',
    'has a name for nothing',
    'strength',
  ])
    expect(task.stdout).toContain(part);
  const none = await run(...MINE, '--explain', commits.moved!, '--json');
  expect(JSON.parse(none.stdout)).toMatchObject({ dropped: 'only a load error tells the sides apart' });
  expect(existsSync(join(task.stdout, 'fix.jsonl'))).toBe(false);
});

test('stopped and begun again it comes to the same', async () => {
  const { path, run, home } = begin();
  const first = await kino(MINE, {
    cwd: path,
    env: { KINO_HOME: home },
    onStart: (kill) => setTimeout(() => kill('SIGKILL'), 1_500),
  });
  expect(first.signal).toBe('SIGKILL');
  const again = await run(...MINE);
  expect(again.code).toBe(0);
  const fresh = begin();
  await fresh.run(...MINE);
  const bytes = (folder: string) =>
    readFileSync(join(folder, '.kino/environments/fix.jsonl'), 'utf8').replace(/"name":"kino test \w+"/, '');
  expect(bytes(path)).toBe(bytes(fresh.path));
});

test('bad input is one sentence and exit code 2', async () => {
  const { run } = begin();
  for (const args of [
    ['mine', 'fix', 'nowhere'],
    ['mine', 'fix', '--explain', 'no-such'],
    ['mine', 'fix', '--range', 'x'],
    ['mine', 'fix', '--repeats', '0'],
    ['mine', 'fix', '--since', '2030-01-01'],
    ['check', 'nothing'],
  ]) {
    const { code, stderr } = await run(...args);
    expect(code, args.join(' ')).toBe(2);
    expect(stderr.trim().split('\n').length, stderr).toBeLessThanOrEqual(2);
    expect(stderr).not.toContain('    at ');
  }
});

test('more rollouts at once than there are cores: each is scored, and nothing of them is left', async () => {
  const { home, run } = begin();
  expect(await run(...MINE)).toMatchObject({ code: 0 });
  const args = ['--agent', 'oracle', '--agent', 'nop', '--attempts', '8', '-j', '16', '--json'];
  const { code, stdout, stderr } = await run('eval', 'fix', ...args);
  expect(code, stderr).toBe(0);
  const { rollouts } = JSON.parse(stdout) as { rollouts: { agent: string; reward: number | null }[] };
  expect(rollouts).toHaveLength(16);
  for (const { agent, reward } of rollouts)
    expect({ agent, reward }).toEqual({ agent, reward: agent === 'oracle' ? 1 : 0 });
  expect(readdirSync(join(home, 'workspaces'))).toEqual([]);
  const { stdout: processes } = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  expect(processes.split('\n').filter((line) => line.includes(home))).toEqual([]);
});
