import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { SqliteThreadStore } from '../src/thread/index.ts';
import { kino } from './support/cli.ts';
import { type ModelServer, type Script, startModelServer, type Turn } from './support/model-server.ts';
import { createRepository } from './support/repository.ts';
import { temporaryFolder } from './support/temporary.ts';

let server: ModelServer | undefined;
afterEach(() => server?.close());

async function run(cwd: string, script: Script, flags: string[] = []) {
  server = await startModelServer(script);
  const model = ['--model', 'openai-compatible/big', '--base-url', `${server.url}/v1`];
  const result = await kino(['run', 'do it', ...model, '--mode', 'auto', '--output', 'json', ...flags], {
    cwd,
  });
  expect(result.stdout, result.stderr).toMatch(/^\{/);
  const { thread } = JSON.parse(result.stdout);
  const store = new SqliteThreadStore(join(process.env.KINO_HOME!, 'kino.db'));
  try {
    const children = await store.list({ parent: thread });
    return {
      ...JSON.parse(result.stdout),
      events: await store.read(thread),
      children,
      requests: server.requests,
    };
  } finally {
    store.close();
  }
}

const hand = (...tasks: [agent: string, task: string][]): Turn => ({
  calls: tasks.map(([agent, task]) => ({ name: 'agent', args: { agent, task } })),
});

/** A script that answers each agent by what its system prompt says. */
function byRole(roles: Record<string, Turn[]>): Script {
  const asked: Record<string, number> = {};
  return ({ body }) => {
    const system = JSON.stringify((body.messages as unknown[])[0]);
    const role = Object.keys(roles).find((word) => system.includes(word))!;
    asked[role] = (asked[role] ?? 0) + 1;
    return roles[role]![asked[role]! - 1] ?? roles[role]!.at(-1)!;
  };
}

test('agents work at once in windows of their own, and only their answers come back', async () => {
  const repository = createRepository([
    { message: 'one', files: { 'src/login.ts': 'export function login() {}\n' } },
  ]);
  const roles = {
    'You are Kino': [
      hand(['finder', 'Where is login?'], ['oracle', 'Is login right?']),
      { text: 'Both said so.' },
    ],
    'You find code': [
      { calls: [{ name: 'grep', args: { pattern: 'login' } }] },
      { text: 'src/login.ts:1 defines it.' },
    ],
    'asked for judgement': [{ text: 'It is right.' }],
  };
  const done = await run(repository.path, byRole(roles));
  expect(done).toMatchObject({ status: 'done', answer: 'Both said so.' });
  expect(
    done.children.map(({ agent, status }: { agent: string; status: string }) => [agent, status]).sort(),
  ).toEqual([
    ['finder', 'done'],
    ['oracle', 'done'],
  ]);
  const last = JSON.stringify(done.requests.at(-1).body);
  expect(last).toContain('src/login.ts:1 defines it.');
  expect(last).toContain(`[thread ${done.children[0].id}]`);
  // What they did is in their threads, not in the conversation.
  expect(last).not.toContain('export function login');
  const tools = done.requests[1].body.tools.map(
    ({ function: { name } }: { function: { name: string } }) => name,
  );
  expect(tools).not.toContain('edit');
  expect(tools).not.toContain('agent');
  // Their tokens count.
  expect(done.usage.inputTokens).toBe(500);
  expect(done.events.filter(({ type }: { type: string }) => type === 'subagent.ended')).toHaveLength(2);
});

test('an agent that the repository defines is there once the folder is trusted', async () => {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, '.claude/agents'), { recursive: true });
  writeFileSync(
    join(cwd, '.claude/agents/poet.md'),
    '---\nname: poet\ndescription: writes verses\ntools: Read, Write\nmodel: sonnet\n---\nYou are a poet.\n',
  );
  writeFileSync(join(cwd, '.claude/agents/broken.md'), '---\ndescription: [\n---\nx');
  const script = () =>
    byRole({
      'You are Kino': [hand(['poet', 'A verse.']), { text: 'ok' }],
      'a poet': [{ text: 'Roses.' }],
    });
  const before = await run(cwd, script());
  expect(JSON.stringify(before.requests[0].body.tools)).not.toContain('poet');
  await kino(['trust'], { cwd });
  const after = await run(cwd, script());
  expect(after.children).toMatchObject([{ agent: 'poet', model: 'openai-compatible/big' }]);
  expect(JSON.stringify(after.requests.at(-1).body)).toContain('Roses.');
});

test('in the profile rush the finder needs no model; a profile of ones own names models and tools', async () => {
  const repository = createRepository([
    { message: 'one', files: { 'src/login.ts': 'export function login() {}\n' } },
  ]);
  const rush = await run(repository.path, [hand(['finder', 'login']), { text: 'ok' }], ['--profile', 'rush']);
  expect(rush.children).toEqual([]);
  expect(JSON.stringify(rush.requests[1].body)).toContain('src/login.ts');
  const home = temporaryFolder();
  writeFileSync(
    join(home, 'config.json'),
    JSON.stringify({
      profiles: { mine: { tools: ['read'], agents: { oracle: { model: 'openai-compatible/small' } } } },
    }),
  );
  server = await startModelServer(
    byRole({ 'You are Kino': [hand(['oracle', 'x']), { text: 'ok' }], judgement: [{ text: 'y' }] }),
  );
  const flags = [
    '--model',
    'openai-compatible/big',
    '--base-url',
    `${server.url}/v1`,
    '--profile',
    'mine',
    '--mode',
    'auto',
  ];
  const result = await kino(['run', 'x', ...flags], { cwd: repository.path, env: { KINO_HOME: home } });
  expect(result.code).toBe(0);
  expect(server.requests.map(({ body }) => body.model)).toEqual(['big', 'small', 'big']);
  const names = (server.requests[0]!.body.tools as { function: { name: string } }[]).map(
    (tool) => tool.function.name,
  );
  expect(names).toEqual(['read', 'todo', 'ask', 'write_artifact', 'answer_comment', 'agent']);
});

test('an agent that fails says so to the one that started it, and undo takes back what it changed', async () => {
  const repository = createRepository([{ message: 'one', files: { a: 'a\n' } }]);
  const script = byRole({
    'You are Kino': [hand(['kraken', 'Rename.']), { text: 'It failed.' }],
    'one large refactoring': [
      { calls: [{ name: 'bash', args: { command: 'echo b > a' } }] },
      { text: '', finish: 'filter' },
    ],
  });
  const done = await run(repository.path, script);
  expect(done.status).toBe('done');
  expect(JSON.stringify(done.requests.at(-1).body)).toContain("The provider's filter stopped the answer");
  expect(done.children).toMatchObject([{ agent: 'kraken', status: 'failed' }]);
  expect((await kino(['undo'], { cwd: repository.path })).stdout).toBe('restored  a\n');
});

test('a question that nobody can answer is decided by policy, and both are on record', async () => {
  const ask = { calls: [{ name: 'ask', args: { question: 'Tabs?', options: ['yes', 'no'] } }] };
  const todo = { calls: [{ name: 'todo', args: { items: [{ text: 'one', status: 'done' }] } }] };
  const done = await run(temporaryFolder(), [ask, todo, { text: 'ok' }]);
  expect(JSON.stringify(done.requests[1].body)).toContain('Take the first option (yes)');
  expect(done.events).toContainEqual(
    expect.objectContaining({ type: 'question.answered', by: 'nobody', answer: 'yes' }),
  );
  expect(done.events).toContainEqual(expect.objectContaining({ type: 'todo.updated' }));
});
