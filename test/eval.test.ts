import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { kino } from './support/cli.ts';
import { startModelServer } from './support/model-server.ts';
import { createRepository, type TestRepository } from './support/repository.ts';
import { temporaryFolder } from './support/temporary.ts';

/** A repository of commits that become tasks: each changes one module and says so in its own words. */
function libraryRepository(
  modules = ['lexer', 'parser', 'printer', 'cache', 'router', 'queue'],
): TestRepository {
  const repository = createRepository();
  const source = (name: string, version: number) =>
    `export function ${name}Run(input) {\n  // the ${name} handles ${name} input, version ${version}\n  return input;\n}\n`;
  repository.commit({
    message: 'Start the library',
    files: Object.fromEntries(modules.map((name) => [`src/${name}.js`, source(name, 0)])),
  });
  modules.forEach((name, index) => {
    repository.commit({
      message: `The ${name} loses the last piece of its input when it is empty`,
      files: { [`src/${name}.js`]: source(name, index + 1), [`test/${name}.test.js`]: `// ${index}` },
    });
  });
  return repository;
}

async function mined(repository: TestRepository): Promise<string> {
  const file = join(temporaryFolder(), 'tasks.jsonl');
  const { code, stderr } = await kino(['mine', 'localize', repository.path, '--out', file, '--json']);
  if (code !== 0) throw new Error(stderr);
  return file;
}

const evaluate = async (args: string[], env: Record<string, string> = {}) => {
  const result = await kino(['eval', ...args, '--json'], { env });
  return { ...result, report: result.stdout === '' ? undefined : JSON.parse(result.stdout) };
};

test('mining says what became of every commit, and gives the same tasks again', async () => {
  const repository = libraryRepository();
  const first = await kino(['mine', 'localize', repository.path, '--json']);
  expect(first.code).toBe(0);
  const { funnel, file } = JSON.parse(first.stdout);
  expect(funnel).toEqual({ commits: 7, dropped: [{ reason: 'no commit before it', count: 1 }], tasks: 6 });
  expect(file).toBe(join(repository.path, '.kino/environments/localize.jsonl'));
  expect(repository.git('status', '--porcelain')).toBe('');
  const rows = readFileSync(file, 'utf8');
  await kino(['mine', 'localize', repository.path, '--json']);
  expect(readFileSync(file, 'utf8')).toBe(rows);

  const explained = JSON.parse(
    (await kino(['mine', 'localize', repository.path, '--explain', 'HEAD', '--json'])).stdout,
  );
  expect(explained.task.answer.files).toEqual(['src/queue.js']);
  const root = await kino(['mine', 'localize', repository.path, '--explain', 'HEAD~6']);
  expect(root.stdout).toContain('no task: no commit before it');
});

test('oracle gets 1, nop 0, the finder is in between, and all of it is recorded', async () => {
  const file = await mined(libraryRepository());
  const { code, report } = await evaluate([
    file,
    '-a',
    'oracle',
    '-a',
    'nop',
    '-a',
    'finder',
    '--attempts',
    '2',
    '-j',
    '4',
  ]);
  expect(code).toBe(0);
  const [oracle, nop, finder] = report.agents;
  expect(oracle).toMatchObject({
    agent: 'oracle',
    rollouts: 12,
    unscored: 0,
    clusteredBy: 'task',
    costUsd: 0,
  });
  expect(oracle.reward).toMatchObject({ mean: 1, n: 6 });
  expect(oracle.reward.interval[0]).toBeLessThan(1);
  expect(nop.reward.mean).toBe(0);
  expect(finder.reward.mean).toBeGreaterThan(0.5);
  expect(report.comparisons.map(({ verdict }: { verdict: string }) => verdict)[0]).toBe('a is better');

  const { thread } = report.rollouts[0];
  const shown = JSON.parse((await kino(['threads', 'show', thread, '--json'])).stdout);
  expect(shown).toMatchObject({ kind: 'rollout', parent: report.experiment, reward: 1, status: 'done' });
  const compared = await kino(['compare', 'latest:oracle', 'latest:nop', '--json']);
  expect(JSON.parse(compared.stdout)[0]).toMatchObject({
    verdict: 'a is better',
    difference: { mean: 1, n: 6 },
  });
  const same = await kino(['compare', 'latest:nop', 'latest:nop']);
  expect(same.stdout).toContain('not distinguishable');
});

test("Kino's own agent is rolled out in a workspace without the future", async () => {
  const repository = libraryRepository(['lexer', 'parser']);
  const file = await mined(repository);
  const server = await startModelServer((request) => {
    const text = JSON.stringify(request.body);
    return text.includes('"role":"tool"')
      ? { text: '["src/lexer.js"]' }
      : {
          calls: [{ name: 'bash', args: { command: 'git log --all --oneline | wc -l; git status --short' } }],
        };
  });
  const model = ['--model', 'openai-compatible/m', '--base-url', `${server.url}/v1`];
  const { code, report } = await evaluate([file, '-a', 'kino', ...model]);
  await server.close();
  expect(code).toBe(0);
  expect(report.agents[0]).toMatchObject({
    agent: 'kino openai-compatible/m',
    rollouts: 2,
    unscored: 0,
    costUsd: null,
  });
  expect(report.agents[0].reward.mean).toBe(0.5);
  const rollout = report.rollouts[0];
  const shown = JSON.parse((await kino(['threads', 'show', rollout.thread, '--json'])).stdout);
  const ended = shown.events.find((event: { type: string }) => event.type === 'tool.ended');
  expect(ended.output.trim()).toBe('1');
  expect(readdirSync(join(process.env.KINO_HOME!, 'workspaces'))).toEqual([]);
});

test('a dead endpoint leaves rollouts unscored, never 0; --retry-unscored tries only those again', async () => {
  const file = await mined(libraryRepository(['lexer', 'parser', 'cache']));
  let broken = true;
  const server = await startModelServer(() =>
    broken ? { fault: { kind: 'status', status: 401 } } : { text: '["src/cache.js"]' },
  );
  const args = [
    file,
    '-a',
    'kino',
    '-a',
    'nop',
    '--model',
    'openai-compatible/m',
    '--base-url',
    `${server.url}/v1`,
  ];
  const first = await evaluate(args);
  expect(first.report.agents[0]).toMatchObject({ rollouts: 3, unscored: 3, reward: null });
  expect(first.report.agents[1]).toMatchObject({ rollouts: 3, unscored: 0 });
  expect(first.report.comparisons).toEqual([]);
  broken = false;
  const nops = first.report.rollouts.filter(({ agent }: { agent: string }) => agent === 'nop');
  const second = await evaluate([...args, '--retry-unscored']);
  await server.close();
  expect(second.report.experiment).toBe(first.report.experiment);
  expect(second.report.agents[0]).toMatchObject({ rollouts: 3, unscored: 0 });
  expect(second.report.rollouts.filter(({ agent }: { agent: string }) => agent === 'nop')).toEqual(nops);
}, 60_000);

test.each(['SIGKILL', 'SIGINT'] as const)(
  'after %s the same command goes on where it was',
  async (signal) => {
    const file = await mined(libraryRepository());
    const home = temporaryFolder();
    let slow = true;
    const server = await startModelServer((_, index) =>
      slow && index >= 2 ? { fault: { kind: 'hang' } } : { text: '["src/cache.js"]' },
    );
    const args = [
      file,
      '-a',
      'kino',
      '--model',
      'openai-compatible/m',
      '--base-url',
      `${server.url}/v1`,
      '-j',
      '1',
    ];
    const killed = await new Promise<number | null>((resolve) => {
      const stop = { kill: (_: NodeJS.Signals) => {} };
      const watch = setInterval(() => {
        if (server.requests.length <= 2) return;
        clearInterval(watch);
        stop.kill(signal);
      }, 20);
      void kino(['eval', ...args], {
        env: { KINO_HOME: home },
        onStart: (kill) => {
          stop.kill = kill;
        },
      }).then((result) => {
        resolve(result.code);
      });
    });
    expect(killed).toBe(signal === 'SIGINT' ? 130 : null);
    slow = false;
    const before = server.requests.length;
    const { code, report, stderr } = await evaluate(args, { KINO_HOME: home });
    await server.close();
    expect(code).toBe(0);
    expect(stderr).toContain('2 of 6 were done');
    expect(report.agents[0]).toMatchObject({ rollouts: 6, missing: 0 });
    expect(server.requests.length - before).toBe(4);
  },
  60_000,
);

test('tasks of several repositories are clustered by repository', async () => {
  const files = [await mined(libraryRepository(['lexer', 'parser'])), await mined(createOther())];
  const { report } = await evaluate([...files, '-a', 'finder']);
  expect(report.agents[0]).toMatchObject({ clusteredBy: 'repository', reward: { clusters: 2, n: 4 } });
});

function createOther(): TestRepository {
  const repository = createRepository([
    { message: 'Begin another thing', files: { 'lib/a.py': 'a = 1', 'lib/b.py': 'b = 1' } },
  ]);
  repository.commit({ message: 'Value a was wrong by one all the time', files: { 'lib/a.py': 'a = 2' } });
  repository.commit({ message: 'Value b was wrong by two all the time', files: { 'lib/b.py': 'b = 3' } });
  return repository;
}

test('the demo mines, finds and evaluates without a key', async () => {
  const { code, stdout } = await kino(['demo', '--limit', '10'], { env: { KINO_HOME: temporaryFolder() } });
  expect(code).toBe(0);
  expect(stdout).toMatch(/90 +█+ +commits/);
  expect(stdout).toMatch(/oracle +1\.000/);
  expect(stdout).toContain('kino mine localize');
});

test('a full disk is one sentence and exit code 2, and the work before it is kept', async () => {
  const full = '/dev/full';
  if (!existsSync(full)) return;
  const repository = libraryRepository(['lexer']);
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'x'));
  writeFileSync(join(folder, 'x', 'old.jsonl'), 'old');
  const { code, stderr } = await kino([
    'mine',
    'localize',
    repository.path,
    '--out',
    join(full, 'tasks.jsonl'),
  ]);
  expect(code).toBe(2);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

test.skipIf(process.getuid?.() !== 0)(
  'an agent in the sandbox sees neither the repository nor its tasks',
  async () => {
    const repository = libraryRepository(['lexer', 'parser']);
    const file = join(repository.path, '.kino/environments/localize.jsonl');
    await kino(['mine', 'localize', repository.path, '--json']);
    // The test's own folder lies below /tmp, which is hidden anyway; this one does not.
    const open = mkdtempSync('/opt/kino-test-');
    onTestFinished(() => rmSync(open, { recursive: true, force: true }));
    cpSync(repository.path, join(open, 'repository'), { recursive: true });
    const rows = readFileSync(file, 'utf8').replaceAll(repository.path, join(open, 'repository'));
    writeFileSync(join(open, 'repository/.kino/environments/localize.jsonl'), rows);
    const look = `ls -a ${open}/repository; git -c safe.directory=* -C ${open}/repository log --oneline`;
    const server = await startModelServer((request) =>
      JSON.stringify(request.body).includes('"role":"tool"')
        ? { text: '[]' }
        : { calls: [{ name: 'bash', args: { command: look } }] },
    );
    const model = ['--model', 'openai-compatible/m', '--base-url', `${server.url}/v1`];
    const { report } = await evaluate([
      join(open, 'repository/.kino/environments/localize.jsonl'),
      '-a',
      'kino',
      ...model,
      '-n',
      '1',
    ]);
    await server.close();
    const shown = JSON.parse((await kino(['threads', 'show', report.rollouts[0].thread, '--json'])).stdout);
    const { output } = shown.events.find((event: { type: string }) => event.type === 'tool.ended');
    expect(output).not.toMatch(/src|lexer|Start the library/);
    expect(output).toMatch(/not a git repository/);
  },
);

test('an endpoint that is dead until the time is up leaves the rollout unscored', async () => {
  const file = await mined(libraryRepository(['lexer']));
  const server = await startModelServer([
    { fault: { kind: 'status', status: 503, headers: { 'retry-after-ms': '200' } } },
  ]);
  const model = ['--model', 'openai-compatible/m', '--base-url', `${server.url}/v1`];
  const { report, code } = await evaluate([file, '-a', 'kino', ...model, '--max-seconds', '1']);
  await server.close();
  expect(report.agents[0]).toMatchObject({ unscored: 1, reward: null });
  expect(code).toBe(1);
});

test("a conversation that outgrows the model is the agent's failure, not the machine's", async () => {
  const file = await mined(libraryRepository(['lexer']));
  const body =
    '{"error":{"message":"This model\'s maximum context length is 8192 tokens","code":"context_length_exceeded"}}';
  const server = await startModelServer([{ fault: { kind: 'status', status: 400, body } }]);
  const model = ['--model', 'openai-compatible/m', '--base-url', `${server.url}/v1`];
  const { report } = await evaluate([file, '-a', 'kino', ...model]);
  await server.close();
  expect(report.agents[0]).toMatchObject({ unscored: 0, reward: { mean: 0 } });
});

test('other bounds are another experiment; --retry-unscored needs one; a task that is named twice counts once', async () => {
  const file = await mined(libraryRepository(['lexer', 'parser']));
  const first = await evaluate([file, file, '-a', 'nop']);
  expect(first.report.agents[0]).toMatchObject({ rollouts: 2, missing: 0 });
  const nothing = await kino(['eval', file, '-a', 'nop', '--max-steps', '7', '--retry-unscored']);
  expect([nothing.code, nothing.stdout]).toEqual([2, '']);
  const again = await evaluate([file, '-a', 'nop', '--retry-unscored']);
  expect(again.report.experiment).toBe(first.report.experiment);
});

test('a workspace with folders that may not be written is scored and removed', async () => {
  const file = await mined(libraryRepository(['lexer']));
  const server = await startModelServer((request) =>
    JSON.stringify(request.body).includes('"role":"tool"')
      ? { text: '["src/lexer.js"]' }
      : {
          calls: [
            { name: 'bash', args: { command: 'mkdir -p deep/er && touch deep/er/x && chmod -R a-w deep' } },
          ],
        },
  );
  const model = ['--model', 'openai-compatible/m', '--base-url', `${server.url}/v1`];
  const { report } = await evaluate([file, '-a', 'kino', ...model]);
  await server.close();
  expect(report.agents[0].reward.mean).toBe(1);
  expect(readdirSync(join(process.env.KINO_HOME!, 'workspaces'))).toEqual([]);
});

test('an agent whose endpoint is dead is left out after a few tries, the others go on, and so does the next run', async () => {
  const modules = ['lexer', 'parser', 'printer', 'cache', 'router', 'queue', 'socket', 'header'];
  const file = await mined(libraryRepository(modules));
  let broken = true;
  const server = await startModelServer(() =>
    broken ? { fault: { kind: 'status', status: 403 } } : { text: '["src/cache.js"]' },
  );
  const model = ['--model', 'openai-compatible/m', '--base-url', `${server.url}/v1`];
  const args = [file, '-a', 'kino', '-a', 'nop', ...model, '-j', '1'];
  const first = await evaluate(args);
  expect(first.stderr).toMatch(/kino openai-compatible\/m is left out for now: .*403/);
  expect(first.report.agents.map(({ rollouts }: { rollouts: number }) => rollouts)).toEqual([4, 8]);
  expect(first.report.status).toBe('interrupted');
  broken = false;
  const second = await evaluate([...args, '--retry-unscored']);
  await server.close();
  expect(second.report.experiment).toBe(first.report.experiment);
  expect(second.report.status).toBe('done');
  expect(second.report.agents[0]).toMatchObject({ rollouts: 8, unscored: 0 });
});

const ANSWERING_AGENT = `
import { createInterface } from 'node:readline';
const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (method === 'initialize') send({ id, result: { protocolVersion: 1 } });
  else if (method === 'session/new') send({ id, result: { sessionId: 's' } });
  else if (method === 'session/prompt') {
    const module = /The (\\w+) loses/.exec(params.prompt[0].text)?.[1];
    if (module === 'queue') process.exit(9);
    const text = JSON.stringify({ files: ['src/' + module + '.js'] });
    send({ method: 'session/update', params: { sessionId: 's', update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } } } });
    send({ id, result: { stopReason: 'end_turn' } });
  }
}
`;

test('an agent of others is evaluated like one of Kino’s own, and one that dies is unscored', async () => {
  const file = await mined(libraryRepository());
  const script = join(temporaryFolder(), 'agent.mjs');
  writeFileSync(script, ANSWERING_AGENT);
  const home = temporaryFolder();
  const agents = { right: { command: [process.execPath, script] } };
  writeFileSync(join(home, 'config.json'), JSON.stringify({ agents }));
  const { report } = await evaluate([file, '-a', 'acp:right', '-a', 'nop', '-j', '2'], { KINO_HOME: home });
  const [right] = report.agents;
  expect(right).toMatchObject({ agent: 'acp:right', rollouts: 6, unscored: 1 });
  expect(right.reward.mean).toBe(1);
});
