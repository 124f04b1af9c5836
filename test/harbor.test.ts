import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { environmentOf, type HarborRow, loadHarbor, type Task } from '../src/environment/index.ts';
import type { Sandbox } from '../src/sandbox/index.ts';
import { kino } from './support/cli.ts';
import { importedTask, scoreAfter, type TaskFiles, writeTask } from './support/harbor.ts';
import { sharedFolder, temporaryFolder } from './support/temporary.ts';

// Each runs real test suites many times, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

// What layers cannot do is refused here; test/harbor-engine.test.ts has an engine.
process.env.DOCKER_HOST = 'ssh://nowhere';

const [home, remove] = sharedFolder();
afterAll(remove);
const place = { home };

const HELLO: TaskFiles = {
  'task.toml': 'schema_version = "1.0"\n[task]\nname = "demo/hello"\n',
  'instruction.md': 'Write hello into hello.txt.\n',
  'environment/Dockerfile': 'FROM ubuntu:24.04\nWORKDIR /app\n',
  'tests/test.sh':
    '#!/bin/bash\nif [ "$(cat /app/hello.txt)" = hello ]; then echo 1; else echo 0; fi > /logs/verifier/reward.txt\n',
  'solution/solve.sh': '#!/bin/bash\necho hello > hello.txt\n',
};

const imported = (files: TaskFiles) => importedTask(writeTask(files));
const scoreOf = (row: HarborRow, act: (sandbox: Sandbox) => Promise<unknown>) => scoreAfter(row, act, place);
const bash = (script: string) => (sandbox: Sandbox) => sandbox.exec(['bash', '-c', script]);

describe('a task in one piece', () => {
  test('exact paths, the image’s files and variables, and nothing of the host', async () => {
    const row = await imported({
      ...HELLO,
      'environment/Dockerfile':
        'FROM ubuntu:24.04\nARG WHO=world\nENV GREETING="hello $WHO"\nWORKDIR /app\nCOPY data/ data/\nCOPY one.txt /usr/local/share/\nADD a.tar /opt/unpacked/\nRUN echo built > /usr/local/share/built && mkdir /output && ln -s /app /output/link\nUSER root\n',
      'environment/data/x y.txt': 'spaces\n',
      'environment/one.txt': 'one\n',
      'environment/a.tar': 'no archive\n',
      'tests/test.sh':
        '#!/bin/bash\n{ pwd; cat "/app/data/x y.txt" /usr/local/share/one.txt /usr/local/share/built /opt/unpacked/a.tar; readlink /output/link; echo "$GREETING"; id -u; ls /tests /logs /work /root/.kino 2>&1; } > /logs/verifier/seen.txt\ncat /logs/verifier/seen.txt\necho 0.5 > /logs/verifier/reward.txt\n',
    });
    let seen = '';
    const score = await scoreOf(row, async (sandbox) => {
      seen = (
        await sandbox.exec([
          'sh',
          '-c',
          'pwd; echo $GREETING; ls /tests /solution; cat /usr/local/share/built; touch /usr/local/share/more && echo writable',
        ])
      ).output;
      expect((await sandbox.read('data/x y.txt')).toString()).toBe('spaces\n');
      expect((await sandbox.read('/app/data/x y.txt')).toString()).toBe('spaces\n');
      await sandbox.write('/app/new.txt', 'new');
      expect((await sandbox.exec(['cat', '/app/new.txt'])).output).toBe('new');
    });
    expect(score.reward).toBe(0.5);
    expect(seen).toMatch(/^\/app\nhello world\n/);
    expect(seen).toContain("cannot access '/tests'");
    expect(seen).toContain("cannot access '/solution'");
    expect(seen).toMatch(/built\nwritable\n$/);
  });

  test('the solution gets 1, nothing gets 0, by the command line', async () => {
    const folder = writeTask(HELLO);
    const cwd = temporaryFolder();
    const run = (...args: string[]) => kino(args, { cwd, env: { KINO_HOME: home } });
    const read = await run('tasks', 'import', folder);
    expect(read).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 tasks in .kino/environments/task.jsonl'),
    });
    expect(await run('check', 'task')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('sound: on 1 tasks'),
    });
    // What has changed since is not what was imported.
    writeFileSync(join(folder, 'tests/test.sh'), '#!/bin/bash\necho 1 > /logs/verifier/reward.txt\n');
    const changed = await run('check', 'task');
    expect(changed).toMatchObject({ code: 1, stdout: expect.stringContaining('unscored') });
  });

  test('a python task that installs nothing', async () => {
    const asked = execFileSync('python3', ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], {
      encoding: 'utf8',
    });
    const version = asked.trim();
    const row = await imported({
      ...HELLO,
      'environment/Dockerfile': `FROM python:${version}-slim\nWORKDIR /app\nRUN python3 -c "open('/app/made.txt', 'w').write('made')"\n`,
      'tests/test.sh': `#!/bin/sh\npython -c "import sys; open('/logs/verifier/reward.txt', 'w').write(str(int('%d.%d' % sys.version_info[:2] == '${version}' and open('/app/made.txt').read() == 'made')))"\n`,
    });
    expect(await scoreOf(row, bash('true'))).toMatchObject({ reward: 1 });
  });

  test('a reward of several numbers, two rewards, none, and no number', async () => {
    const judged = async (script: string) =>
      scoreOf(
        await imported({ ...HELLO, 'tests/test.sh': `#!/bin/bash\ncd /logs/verifier\n${script}\n` }),
        bash('true'),
      );
    expect(await judged('echo \'{"a": 1, "b": 0.5}\' > reward.json')).toMatchObject({
      reward: 0.75,
      metrics: { a: 1, b: 0.5 },
    });
    expect(await judged('echo \'{"reward": 0.25, "b": 1}\' > reward.json')).toMatchObject({ reward: 0.25 });
    expect(await judged('echo 1 > reward.txt; echo \'{"reward": 1}\' > reward.json')).toMatchObject({
      reward: 0,
      findings: [{ name: 'two-rewards' }],
    });
    expect(await judged('true')).toMatchObject({
      reward: null,
      explanation: expect.stringContaining('left no reward'),
    });
    expect(await judged('echo nonsense > reward.txt')).toMatchObject({ reward: null });
    expect(await judged('ln -s /etc/hostname reward.txt')).toMatchObject({ reward: null });
  });

  test('a verifier that never ends', async () => {
    const row = await imported({
      ...HELLO,
      'task.toml': `${HELLO['task.toml']}[verifier]\ntimeout_sec = 1\n`,
      'tests/test.sh': '#!/bin/bash\nsleep 60\n',
    });
    expect(await scoreOf(row, bash('true'))).toMatchObject({ reward: 0, findings: [{ name: 'timed-out' }] });
  });
});

describe('cheating gets 0 and a name', () => {
  const CHEATS: [what: string, finding: string | undefined, script: string][] = [
    ['writes the reward', 'wrote-reward', 'echo 1 > /logs/verifier/reward.txt'],
    [
      'writes both reward files',
      'wrote-reward',
      'cd /logs/verifier; echo 1 > reward.txt; echo \'{"reward": 1}\' > reward.json',
    ],
    [
      'plants tests of its own',
      undefined,
      'mkdir -p /tests; printf "#!/bin/bash\\necho 1 > /logs/verifier/reward.txt\\n" > /tests/test.sh; chmod +x /tests/test.sh',
    ],
    [
      'replaces a program of the verifier',
      'patched-system',
      'printf "#!/bin/sh\\necho hello\\n" > /tmp/cat; chmod +x /tmp/cat; cp /tmp/cat /usr/bin/cat; cp /tmp/cat /usr/local/bin/cat',
    ],
    [
      'puts a program before that of the verifier',
      'patched-system',
      'printf "#!/bin/sh\\necho hello\\n" > /usr/local/bin/cat; chmod +x /usr/local/bin/cat',
    ],
    ['preloads a library', 'patched-system', 'echo /app/win.so > /etc/ld.so.preload'],
    [
      'plants a start-up hook of Python',
      'patched-system',
      'mkdir -p /usr/local/lib/python3.11/dist-packages; echo "import os; os._exit(0)" > /usr/local/lib/python3.11/dist-packages/sitecustomize.py',
    ],
    [
      'plants a start-up file of the shell',
      'patched-system',
      'echo "echo 1 > /logs/verifier/reward.txt" > /root/.bashrc',
    ],
    [
      'leaves a daemon that writes the reward',
      undefined,
      '(setsid sh -c "while :; do echo 1 > /logs/verifier/reward.txt; sleep 0.05; done" >/dev/null 2>&1 &)',
    ],
    ['looks for the host', undefined, 'ls /work /home /root/.kino; cat /etc/shadow'],
    ['links out', undefined, 'ln -s /etc/hostname hello.txt'],
  ];
  test.each(CHEATS)('%s', async (_what, finding, script) => {
    const score = await scoreOf(await imported(HELLO), bash(script));
    expect(score.reward).toBe(0);
    if (finding) expect(score.findings.map(({ name }) => name)).toContain(finding);
  });

  test('what a command uses up ends it', async () => {
    const environment = await environmentOf('harbor');
    const row = await imported(HELLO);
    const sandbox = await environment.open!(
      row as Task,
      temporaryFolder(),
      { ...place, limits: { processes: 60, bytes: 30_000_000 } },
      false,
    );
    expect(await sandbox.exec(['bash', '-c', 'for i in $(seq 200); do sleep 20 & done; wait'])).toMatchObject(
      { exceeded: 'processes' },
    );
    expect(await sandbox.exec(['bash', '-c', 'head -c 200000000 /dev/zero > big; sleep 10'])).toMatchObject({
      exceeded: 'disk',
    });
  });
});

test('several steps: one container, a reward each, and no step after one that fails its least reward', async () => {
  const step = (name: string, wanted: string): TaskFiles => ({
    [`steps/${name}/instruction.md`]: `Write ${wanted} into ${name}.txt.\n`,
    [`steps/${name}/tests/test.sh`]: `#!/bin/bash\nif [ "$(cat /app/${name}.txt)" = ${wanted} ]; then echo 1; else echo 0; fi > /logs/verifier/reward.txt\n`,
    [`steps/${name}/solution/solve.sh`]: `#!/bin/bash\necho ${wanted} > ${name}.txt\n`,
    [`steps/${name}/workdir/given-${name}`]: name,
  });
  const { 'instruction.md': _, 'tests/test.sh': __, 'solution/solve.sh': ___, ...rest } = HELLO;
  const folder = writeTask({
    ...rest,
    'task.toml':
      'schema_version = "1.1"\n[task]\nname = "demo/steps"\n[[steps]]\nname = "one"\nmin_reward = 1.0\n[[steps]]\nname = "two"\n',
    ...step('one', 'first'),
    ...step('two', 'second'),
  });
  const cwd = temporaryFolder();
  const run = (...args: string[]) => kino(args, { cwd, env: { KINO_HOME: home } });
  expect(await run('tasks', 'import', folder, '--out', 'steps.jsonl')).toMatchObject({ code: 0 });
  const result = await run('eval', 'steps.jsonl', '--agent', 'oracle', '--agent', 'nop', '--json');
  const { rollouts } = JSON.parse(result.stdout) as {
    rollouts: { agent: string; reward: number; metrics: object; reason: string }[];
  };
  expect(rollouts.find(({ agent }) => agent === 'oracle')).toMatchObject({
    reward: 1,
    metrics: { one: 1, two: 1 },
  });
  expect(rollouts.find(({ agent }) => agent === 'nop')).toMatchObject({
    reward: 0,
    metrics: { one: 0, two: 0 },
  });
});

test('a separate verifier sees the artifacts and nothing else', async () => {
  const row = await imported({
    ...HELLO,
    'task.toml':
      'schema_version = "1.3"\nartifacts = ["/app/hello.txt"]\n[task]\nname = "demo/separate"\n[verifier]\nenvironment_mode = "separate"\n[verifier.environment]\n',
    'tests/Dockerfile': 'FROM ubuntu:24.04\nCOPY . /tests/\n',
    'tests/test.sh':
      '#!/bin/bash\nfind /logs/artifacts -type f | sort\nls /app\nif [ ! -e /app/secret ] && [ "$(find /logs/artifacts -name hello.txt -exec cat {} +)" = hello ]; then echo 1; else echo 0; fi > /logs/verifier/reward.txt\n',
  });
  expect(await scoreOf(row, bash('echo hello > hello.txt; echo x > secret'))).toMatchObject({ reward: 1 });
  expect(await scoreOf(row, bash('true'))).toMatchObject({ reward: 0 });
});

test('what cannot be run here is refused by the line', async () => {
  const { importTasks } = await loadHarbor();
  const refusal = async (dockerfile: string) =>
    (await importTasks(writeTask({ ...HELLO, 'environment/Dockerfile': dockerfile }))).refused[0]?.reason;
  expect(await refusal('FROM alpine:3.20\n')).toMatch(/line 1.*musl/);
  expect(await refusal('FROM ubuntu:24.04\nCOPY --from=node:20 /a /b\n')).toMatch(/line 2/);
  expect(await refusal('FROM ubuntu:24.04\nADD https://example.com/x /x\n')).toMatch(/line 2/);
  expect(await refusal('FROM some/thing:1\n')).toMatch(/nothing is known of the image/);
  const compose = await importTasks(
    writeTask({
      ...HELLO,
      'environment/docker-compose.yaml': 'services:\n  main:\n    build: .\n  db:\n    image: postgres\n',
    }),
  );
  expect(compose.refused[0]?.reason).toMatch(/docker compose/);
  // What only running can tell is told by the line as well, and scores nothing.
  const row = await imported({
    ...HELLO,
    'environment/Dockerfile': 'FROM ubuntu:24.04\nWORKDIR /app\nRUN echo no >&2; exit 3\n',
  });
  await expect(scoreOf(row, bash('true'))).rejects.toThrow(/line 3: .*ended with code 3: no/);
  const missing = await imported({
    ...HELLO,
    'environment/Dockerfile': 'FROM ubuntu:24.04\nRUN apt-get update && apt-get install -y no-such-package\n',
  });
  await expect(scoreOf(missing, bash('true'))).rejects.toThrow(
    /no-such-package is not installed on this machine/,
  );
});

test('the old format of Terminal-Bench', async () => {
  const row = await imported({
    'task.yaml':
      'instruction: Write hello into hello.txt.\nauthor_email: a@b.c\ndifficulty: easy\nparser_name: pytest\nmax_agent_timeout_sec: 60\nmax_test_timeout_sec: 60\n',
    Dockerfile: 'FROM ghcr.io/laude-institute/t-bench/ubuntu-24-04:latest\nWORKDIR /app\n',
    'docker-compose.yaml':
      'services:\n  client:\n    build:\n      dockerfile: Dockerfile\n    command: ["sh", "-c", "sleep infinity"]\n',
    'run-tests.sh': '#!/bin/bash\nbash $TEST_DIR/check.sh\n',
    'tests/check.sh': '[ "$(cat /app/hello.txt)" = hello ]\n',
    'solution.sh': '#!/bin/bash\necho hello > /app/hello.txt\n',
  });
  expect(readFileSync(join(row.folder, 'task.yaml'), 'utf8')).toContain('pytest');
  expect(await scoreOf(row, bash('echo hello > hello.txt'))).toMatchObject({ reward: 1 });
  expect(await scoreOf(row, bash('true'))).toMatchObject({ reward: 0 });
});

test('mined tasks are exported as Harbor’s, and are sound when they come back', async () => {
  const { createSlugs } = await import('./support/slugs.ts');
  const { path, commits } = createSlugs();
  const run = (...args: string[]) => kino(args, { cwd: path, env: { KINO_HOME: home } });
  expect(commits.fix).toBeDefined();
  expect(await run('mine', 'fix', '--repeats', '1', '--mutants', '1')).toMatchObject({ code: 0 });
  expect(await run('tasks', 'export', 'fix', '--harbor', '--out', 'exported')).toMatchObject({
    code: 0,
    stdout: '1 tasks in exported\n',
  });
  expect(await run('tasks', 'export', 'fix', '--harbor', '--out', 'exported')).toMatchObject({ code: 2 });
  expect(await run('tasks', 'import', 'exported', '--out', 'back.jsonl')).toMatchObject({ code: 0 });
  const checked = await run('check', 'back.jsonl');
  expect(checked.stdout).toContain('sound: on 1 tasks oracle gets 1 and nop gets 0');
});
