import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { FixTask } from '../src/environment/index.ts';
import { kino } from './support/cli.ts';
import { createRepository } from './support/repository.ts';
import { createSlugs } from './support/slugs.ts';
import { temporaryFolder } from './support/temporary.ts';

// Each runs real test suites many times, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

function runnerFor(path: string) {
  const home = temporaryFolder();
  return (...args: string[]) => kino(args, { cwd: path, env: { KINO_HOME: home } });
}

const tasksOf = (path: string): FixTask[] =>
  readFileSync(join(path, '.kino/environments/bug.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as FixTask);

test('bugs are put into covered code, can be mended, and the baseline mutate mends some', async () => {
  const { path } = createSlugs();
  const run = runnerFor(path);
  const mined = await run('mine', 'bug', '--limit', '2', '--seconds', '20');
  expect(mined).toMatchObject({ code: 0 });
  expect(mined.stdout).toMatch(/bugs\n[\s\S]* 2 .* tasks\n/);
  const tasks = tasksOf(path);
  expect(tasks).toHaveLength(2);
  for (const { statement, tests, start, source } of tasks) {
    expect(tests.failToPass.length).toBeGreaterThan(0);
    expect(start).toContain('src/slug.js');
    // What fails is told, and not where the bug is.
    expect(statement).toContain(tests.failToPass[0]!);
    expect(statement).not.toMatch(/src\/|slug\.js:\d|\bat file:/);
    expect(source.kind).toBe('bug');
  }
  expect(new Set(tasks.map(({ id }) => id)).size).toBe(2);

  const checked = await run('check', 'bug');
  expect(checked.stdout).toContain('sound: on 2 tasks oracle gets 1 and nop gets 0');
  const judged = await run('eval', 'bug', '--agent', 'mutate', '--json');
  const { rollouts } = JSON.parse(judged.stdout) as { rollouts: { reward: number | null; reason: string }[] };
  expect(rollouts).toHaveLength(2);
  expect(rollouts.every(({ reward }) => reward !== null)).toBe(true);
  const solved = rollouts.filter(({ reward }) => reward === 1);
  expect(solved.length).toBeGreaterThan(0);
  expect(solved.every(({ reason }) => /^src\/slug\.js:\d+: .* became /.test(reason))).toBe(true);

  // The same commit gives the same bugs.
  const bytes = readFileSync(join(path, '.kino/environments/bug.jsonl'), 'utf8');
  await runnerFor(path)('mine', 'bug', '--limit', '2', '--seconds', '20');
  expect(readFileSync(join(path, '.kino/environments/bug.jsonl'), 'utf8')).toBe(bytes);
});

test('a bug of several changes', async () => {
  const { path } = createSlugs();
  const run = runnerFor(path);
  expect(
    await run('mine', 'bug', '--limit', '1', '--combine', '2', '--seconds', '20', '--tries', '30'),
  ).toMatchObject({ code: 0 });
  const [task] = tasksOf(path);
  expect(task!.source.subject.split(', ')).toHaveLength(2);
  expect(await run('check', 'bug')).toMatchObject({ code: 0 });
});

test('the workspace knows nothing of the code without the bug', async () => {
  const { path } = createSlugs();
  const run = runnerFor(path);
  await run('mine', 'bug', '--limit', '1', '--seconds', '20');
  const [{ base } = { base: '' }] = tasksOf(path);
  const { startModelServer } = await import('./support/model-server.ts');
  const server = await startModelServer([
    {
      calls: [
        {
          name: 'bash',
          args: {
            command: `git log --format=%H; git cat-file -t ${base} || echo gone; git cat-file --batch-all-objects --batch-check | grep -c commit; git status --short`,
          },
        },
      ],
    },
    { text: 'I looked.' },
  ]);
  try {
    const judged = await run(
      'eval',
      'bug',
      '--agent',
      'kino',
      '--model',
      'openai-compatible/m',
      '--base-url',
      `${server.url}/v1`,
      '--json',
    );
    const { rollouts } = JSON.parse(judged.stdout) as { rollouts: { reward: number; thread: string }[] };
    const shown = await run('threads', 'show', rollouts[0]!.thread, '--json');
    const { events } = JSON.parse(shown.stdout) as { events: { type: string; output?: string }[] };
    const output = events.find(({ type }) => type === 'tool.ended')!.output!;
    expect(output).not.toContain(base);
    expect(output).toMatch(/gone\n1\s*$/);
    expect(rollouts[0]!.reward).toBe(0);
  } finally {
    await server.close();
  }
});

test('a repository without tests, or without any that pass, is told so', async () => {
  const none = createRepository([{ message: 'no tests', files: { 'package.json': '{}', 'a.js': '1' } }]);
  expect(await runnerFor(none.path)('mine', 'bug')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Bugs need tests that pass'),
  });
  const failing = createRepository([
    {
      message: 'a failing test',
      files: {
        'package.json': '{"type":"module","scripts":{"test":"node --test"}}',
        'test/a.test.js': "import { test } from 'node:test';\ntest('a', () => { throw new Error('no'); });\n",
      },
    },
  ]);
  expect(await runnerFor(failing.path)('mine', 'bug')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('0 passed, 1 failed'),
  });
});
