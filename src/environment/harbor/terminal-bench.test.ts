import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/support/temporary.ts';
import { HarborTaskError } from './error.ts';
import { readTerminalBenchTask } from './terminal-bench.ts';

const compose = `services:
  client:
    build:
      context: .
      dockerfile: Dockerfile
    image: \${T_BENCH_TASK_DOCKER_CLIENT_IMAGE_NAME}
    container_name: \${T_BENCH_TASK_DOCKER_CLIENT_CONTAINER_NAME}
    command: [ "sh", "-c", "sleep infinity" ]
    environment:
      - TEST_DIR=\${T_BENCH_TEST_DIR}
    volumes:
      - \${T_BENCH_TASK_LOGS_PATH}:\${T_BENCH_CONTAINER_LOGS_PATH}
      - \${T_BENCH_TASK_AGENT_LOGS_PATH}:\${T_BENCH_CONTAINER_AGENT_LOGS_PATH}
`;
const simple = {
  'task.yaml': `# canary
instruction: |-
  Do it.
author_name: A
difficulty: easy
tags:
  - x
parser_name: pytest
max_agent_timeout_sec: 900.0
max_test_timeout_sec: 180
run_tests_in_same_shell: no
`,
  'docker-compose.yaml': compose,
  Dockerfile: 'FROM a',
  'run-tests.sh': 'x',
  'solution.sh': 'y',
  'tests/test_outputs.py': '',
};

function folderOf(files: Record<string, string>): string {
  const folder = temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

test('a task of the old format becomes one of Harbor', async () => {
  const folder = folderOf(simple);
  expect(await readTerminalBenchTask(folder)).toMatchObject({
    ...{
      format: 'terminal-bench',
      folder,
      name: basename(folder),
      instruction: 'Do it.',
      steps: [],
      warnings: [],
    },
    config: {
      metadata: { author_name: 'A', difficulty: 'easy', tags: ['x'], parser_name: 'pytest' },
      agent: { timeout_sec: 900 },
      verifier: { timeout_sec: 180, environment_mode: 'shared' },
      environment: { env: { TEST_DIR: '/tests' } },
    },
    environment: { from: 'dockerfile', folder, dockerfile: join(folder, 'Dockerfile') },
    tests: { folders: [join(folder, 'tests')], script: join(folder, 'run-tests.sh'), verdict: 'exit-code' },
    solution: { kind: 'script', script: join(folder, 'solution.sh') },
  });
});

test('without a compose file the Dockerfile counts, and defaults are those of the old harness', async () => {
  const folder = folderOf({
    'task.yaml': 'instruction: x\nrun_as_root: true',
    'run-tests.sh': '',
    Dockerfile: '',
  });
  const task = await readTerminalBenchTask(folder);
  expect(task.config).toMatchObject({
    agent: { timeout_sec: 360, user: 'root' },
    verifier: { timeout_sec: 60 },
  });
  expect(task.tests.folders).toEqual([]);
  expect(task).not.toHaveProperty('solution');
});

test('a service that needs no compose becomes its Dockerfile, variables and working folder', async () => {
  const more = compose
    .replace('build:\n      context: .', 'working_dir: /w\n    build:\n      context: ./sub/')
    .replace('environment:', 'environment:\n      - A=b=c')
    .concat("    deploy:\n      resources:\n        limits: { cpus: '1.5', memory: 2G }\n    tty: true\n");
  const folder = folderOf({ ...simple, 'docker-compose.yaml': more, 'sub/Dockerfile': '' });
  const { environment, config } = await readTerminalBenchTask(folder);
  expect(environment).toMatchObject({ from: 'dockerfile', folder: join(folder, 'sub') });
  expect(config.environment).toMatchObject({
    env: { TEST_DIR: '/tests', A: 'b=c' },
    cpus: 1.5,
    memory_mb: 2048,
    workdir: '/w',
  });
});

test.each([
  ['another service', `${compose}  db:\n    image: x\n`],
  ['a volume', compose.replace('volumes:', 'volumes:\n      - /:/host')],
  ['a variable of the host', compose.replace('environment:', 'environment:\n      - SECRET')],
  ['a template', compose.replace('environment:', `environment:\n      - A=\${HOME}`)],
  ['a privilege', compose.replace('command:', 'privileged: true\n    command:')],
  ['a limit that is none', `${compose}    deploy: { resources: { limits: { cpus: many } } }\n`],
  ['copies', `${compose}    deploy: { replicas: 2 }\n`],
  ['a context outside', compose.replace('context: .', 'context: ../..')],
  ['a Dockerfile outside', compose.replace('dockerfile: Dockerfile', 'dockerfile: /etc/passwd')],
  ['nothing', ''],
])('%s leaves the task to compose', async (_what, text) => {
  const folder = folderOf({ ...simple, 'docker-compose.yaml': text });
  const { environment } = await readTerminalBenchTask(folder);
  expect(environment).toEqual({ from: 'compose', folder, compose: join(folder, 'docker-compose.yaml') });
});

test('a solution can be keys for a terminal', async () => {
  const { 'solution.sh': _, ...rest } = simple;
  const yaml = '- command: ls\n- {command: vim, block: true, append_enter: false, max_timeout_sec: 5}';
  expect((await readTerminalBenchTask(folderOf({ ...rest, 'solution.yaml': yaml }))).solution).toEqual({
    kind: 'commands',
    commands: [
      { command: 'ls', min_timeout_sec: 0, max_timeout_sec: 180, block: false, append_enter: true },
      { command: 'vim', min_timeout_sec: 0, max_timeout_sec: 5, block: true, append_enter: false },
    ],
  });
});

test('what has another meaning here is told of', async () => {
  const yaml = 'instruction: x\nparser_name: swebench\nrun_tests_in_same_shell: true\nodd: 1\n';
  const { warnings } = await readTerminalBenchTask(folderOf({ ...simple, 'task.yaml': yaml }));
  expect(warnings).toEqual([
    'odd is not known and is passed over',
    expect.stringContaining('shell of the agent'),
    expect.stringContaining('parser swebench'),
  ]);
});

const bomb = `a: &a [x]\n${Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [${`*${i ? `b${i - 1}` : 'a'},`.repeat(9)}]`).join('\n')}`;
test.each([
  ['no task.yaml', { 'task.yaml': undefined }, /ENOENT/],
  ['broken YAML', { 'task.yaml': 'a: 1\nb: [' }, /task\.yaml: line \d: is not YAML \(/],
  ['YAML that grows', { 'task.yaml': bomb }, /is not YAML|passed over|instruction/],
  ['a list', { 'task.yaml': '- a' }, /no table/],
  ['nothing', { 'task.yaml': '' }, /no table/],
  ['no instruction', { 'task.yaml': 'difficulty: easy' }, /task\.yaml: instruction: /],
  ['an empty instruction', { 'task.yaml': 'instruction: " "' }, /says nothing/],
  ['a NUL', { 'task.yaml': 'instruction: "a\\0b"' }, /NUL/],
  ['a wrong type', { 'task.yaml': 'instruction: x\nmax_agent_timeout_sec: soon' }, /max_agent_timeout_sec/],
  ['no tests', { 'run-tests.sh': undefined }, /no run-tests\.sh/],
  ['no Dockerfile', { Dockerfile: undefined }, /has no Dockerfile/],
  ['a broken compose file', { 'docker-compose.yaml': 'a: [' }, /docker-compose\.yaml: line \d: is not YAML/],
  [
    'a broken solution',
    { 'solution.sh': undefined, 'solution.yaml': '- x: 1' },
    /solution\.yaml: 0\.command/,
  ],
] as [string, Record<string, string | undefined>, RegExp][])(
  '%s is refused',
  async (_what, change, message) => {
    const files = Object.entries({ ...simple, ...change }).filter(([, content]) => content !== undefined);
    const reading = readTerminalBenchTask(folderOf(Object.fromEntries(files) as Record<string, string>));
    await expect(reading).rejects.toThrow(HarborTaskError);
    await expect(reading).rejects.toThrow(message);
  },
);

test('a link that leads out is refused', async () => {
  const folder = folderOf(simple);
  symlinkSync('/etc', join(folder, 'etc'));
  await expect(readTerminalBenchTask(folder)).rejects.toThrow(/leads out/);
});
