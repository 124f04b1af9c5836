import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HarborTaskError } from './error.ts';
import { parseHarborConfig, SCHEMA_VERSION } from './task-config.ts';

const read = (text: string) => parseHarborConfig(text, 'task.toml');
const config = (text: string) => read(text).config;

test('an empty file has the newest version and every default', () => {
  expect(read('')).toEqual({
    config: {
      schema_version: SCHEMA_VERSION,
      artifacts: [],
      steps: [],
      metadata: {},
      verifier: { timeout_sec: 600, env: {}, environment_mode: 'shared', collect: [] },
      agent: {},
      environment: { build_timeout_sec: 600, os: 'linux', network_mode: 'public', mcp_servers: [], env: {} },
      solution: { env: {} },
    },
    warnings: [],
  });
});

test('a file of the first version is read with its own keys', () => {
  const { config: old, warnings } = read(`
version = "1.0"
[metadata]
difficulty = "hard"
[verifier]
timeout_sec = 120.0
restart_environment = false
[environment]
memory = "2G"
storage = "512 M"
allow_internet = false
cpus = 1
`);
  expect(old).toMatchObject({
    schema_version: '1.0',
    metadata: { difficulty: 'hard' },
    verifier: { timeout_sec: 120 },
    environment: { memory_mb: 2048, storage_mb: 512, network_mode: 'no-network', cpus: 1 },
  });
  expect(old.environment).not.toHaveProperty('allow_internet');
  expect(warnings).toEqual(['verifier.restart_environment is not known and is passed over']);
});

test('the newest keys are read', () => {
  const all = config(`
schema_version = "1.4"
source = "somewhere"
artifacts = ["/app/out", { source = "/var/log/x", destination = "x", exclude = ["*.tmp"], service = "db" }]
[task]
name = "org/name"
authors = [{ name = "A", email = "a@b.c" }]
[agent]
timeout_sec = 60
user = 1000
network_mode = "allowlist"
allowed_hosts = ["Example.COM.", "*.pypi.org", "10.0.0.0/8", "2001:db8::/32", "::1"]
[verifier]
user = "root"
[verifier.environment]
docker_image = "img"
[[verifier.collect]]
command = "dump"
service = "db"
[environment]
os = "Linux"
gpus = 1
gpu_types = ["H100"]
workdir = "/app"
env = { KEY = "\${KEY:-none}" }
mcp_servers = [{ name = "m", transport = "http", url = "http://m" }]
[environment.healthcheck]
command = "true"
[solution]
env = { A = "b" }
`);
  expect(all).toMatchObject({
    artifacts: [
      { source: '/app/out', exclude: [] },
      { source: '/var/log/x', destination: 'x', exclude: ['*.tmp'], service: 'db' },
    ],
    agent: { user: 1000, allowed_hosts: ['example.com', '*.pypi.org', '10.0.0.0/8', '2001:db8::/32', '::1'] },
    verifier: {
      environment_mode: 'separate',
      collect: [{ command: 'dump', service: 'db', timeout_sec: 60 }],
    },
    environment: {
      os: 'linux',
      env: { KEY: `\${KEY:-none}` },
      mcp_servers: [{ name: 'm', transport: 'streamable-http', args: [], headers: {} }],
      healthcheck: {
        interval_sec: 5,
        timeout_sec: 30,
        start_period_sec: 0,
        start_interval_sec: 5,
        retries: 3,
      },
    },
  });
});

test.each([
  ['', 'mean'],
  ['multi_step_reward_strategy = "mean"', 'mean'],
  ['multi_step_reward_strategy = "final"', 'final'],
])('several steps have a strategy: %j is %s', (line, strategy) => {
  const { steps, multi_step_reward_strategy } = config(`${line}
[[steps]]
name = "one"
min_reward = 0.5
[[steps]]
name = "two"
min_reward = { quality = 1 }
[steps.verifier.environment]
memory = "1G"
`);
  expect(multi_step_reward_strategy).toBe(strategy);
  expect(steps.map((step) => step.min_reward)).toEqual([0.5, { quality: 1 }]);
  expect(steps[0]!.verifier.environment_mode).toBeUndefined();
  expect(steps[1]!.verifier).toMatchObject({
    environment_mode: 'separate',
    environment: { memory_mb: 1024 },
  });
});

test('a task in one piece has no strategy unless it names one', () => {
  expect(config('')).not.toHaveProperty('multi_step_reward_strategy');
});

test('a number where a size was once a text, a key of a later version and that version are told of', () => {
  const { warnings } = read(
    'schema_version = "2.0"\nnew = 1\n[environment]\nmemory = 2\n[[steps]]\nname = "a"\nx.y = 1',
  );
  expect(warnings).toEqual([
    'environment.memory is not of the form "2G" and is passed over',
    expect.stringContaining('steps.0.x is not known'),
    expect.stringContaining('new is not known'),
    expect.stringContaining('schema_version 2.0 is not known'),
  ]);
});

test('what is empty is not there, as Harbor has it', () => {
  const text =
    'artifacts = [{ source = "/a", destination = "" }]\n[environment]\ndocker_image = ""\nworkdir = ""';
  const { artifacts, environment } = config(text);
  expect(artifacts).toEqual([{ source: '/a', exclude: [] }]);
  expect(environment).not.toHaveProperty('docker_image');
  expect(environment).not.toHaveProperty('workdir');
});

test('a byte order mark and the line ends of Windows are no trouble', () => {
  expect(config('\ufeffversion = "1.0"\r\n[agent]\r\ntimeout_sec = 5\r\n').agent.timeout_sec).toBe(5);
});

test.each([
  ['a = [', 1, undefined, /^task\.toml: line 1: is not TOML \(/],
  ['a = 1\n\n[b\n', 3, undefined, /line 3: is not TOML/],
  ['a = 1\na = 2', 2, undefined, /line 2/],
  ['x = "\u0000"', 1, undefined, /is not TOML/],
  [`x = ${'['.repeat(5000)}`, 1, undefined, /is not TOML/],
  ['version = 1.0', undefined, 'schema_version', /expected string/],
  ['multi_step_reward_strategy = "max"', undefined, 'multi_step_reward_strategy', /mean/],
  ['[task]\nname = "short"', undefined, 'task.name', /org\/name/],
  ['[task]\nname = "a/b..c"', undefined, 'task.name', /".."/],
  ['[agent]\ntimeout_sec = 0', undefined, 'agent.timeout_sec', />0/],
  ['[agent]\ntimeout_sec = inf', undefined, 'agent.timeout_sec', /number/],
  ['[agent]\nuser = -1', undefined, 'agent.user', /./],
  ['[agent]\nallowed_hosts = []', undefined, 'agent.allowed_hosts', /allowlist/],
  ['[environment]\nallowed_hosts = ["a.b"]', undefined, 'environment.allowed_hosts', /allowlist/],
  [
    '[environment]\nnetwork_mode = "allowlist"\nallowed_hosts = ["http://a"]',
    undefined,
    'environment.allowed_hosts.0',
    /no name/,
  ],
  [
    '[environment]\nnetwork_mode = "allowlist"\nallowed_hosts = ["10.0.0.0/33"]',
    undefined,
    'environment.allowed_hosts.0',
    /no name/,
  ],
  ['[environment]\nenv = { A = 1 }', undefined, 'environment.env.A', /string/],
  ['[environment]\nenv = { "A=B" = "1" }', undefined, 'environment.env.A=B', /name of a variable/],
  ['[environment]\nenv = { A = "\\u0000" }', undefined, 'environment.env.A', /NUL/],
  ['[environment]\nos = "beos"', undefined, 'environment.os', /./],
  ['[environment]\nmemory = "lots"', undefined, 'environment.memory', /2G/],
  ['[environment]\nmemory = "1G"\nmemory_mb = 2', undefined, 'environment.memory', /contradicts/],
  ['[environment]\nmcp_servers = [{ name = "m" }]', undefined, 'environment.mcp_servers.0.url', /needed/],
  [
    '[verifier]\nenvironment_mode = "shared"\n[verifier.environment]',
    undefined,
    'verifier.environment_mode',
    /own/,
  ],
  [
    '[[verifier.collect]]\ncommand = "a"\nservice = "a b"',
    undefined,
    'verifier.collect.0.service',
    /service/,
  ],
  ['artifacts = ["/a/../b"]', undefined, 'artifacts.0.source', /"\.\."/],
  [
    'artifacts = [{ source = "/a", destination = "../b" }]',
    undefined,
    'artifacts.0.destination',
    /leads out/,
  ],
  ['artifacts = [{ source = "/a", destination = "/b" }]', undefined, 'artifacts.0.destination', /leads out/],
  [
    'artifacts = [{ source = "/a", destination = "manifest.json/" }]',
    undefined,
    'artifacts.0.destination',
    /taken/,
  ],
  ['artifacts = [{ source = "a", service = "db" }]', undefined, 'artifacts.0.source', /absolute/],
  ['[[steps]]\nname = "../x"', undefined, 'steps.0.name', /folder/],
  ['[[steps]]\nname = "nul.txt"', undefined, 'steps.0.name', /folder/],
  ['[[steps]]\nname = "a"\n[[steps]]\nname = "A"', undefined, 'steps', /one name/],
])('what does not fit is refused, and the place is named: case %#', (text, line, key, message) => {
  let error: unknown;
  try {
    read(text);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(HarborTaskError);
  expect(error).toMatchObject({ path: 'task.toml', line, key });
  expect((error as Error).message).toMatch(message);
  expect((error as Error).message).not.toContain('\n');
});

test('a key cannot forge a line of its own', () => {
  expect(read('"a\\nb" = 1').warnings).toEqual(['a\ufffdb is not known and is passed over']);
});

test('whatever a file says, it is read or refused by name, and read the same when it is normal already', () => {
  const value = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant('2G'),
    fc.constant([]),
    fc.constant('{}'),
  );
  const key = fc.constantFrom(
    'timeout_sec',
    'memory',
    'env',
    'user',
    'name',
    'artifacts',
    'os',
    'allowed_hosts',
  );
  const table = fc.constantFrom(
    'agent',
    'verifier',
    'environment',
    'verifier.environment',
    'task',
    'solution',
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(table, key, value), { maxLength: 5 }), fc.string(), (lines, tail) => {
      const text =
        lines.map(([one, name, given]) => `[${one}]\n${name} = ${JSON.stringify(given)}`).join('\n') + tail;
      try {
        expect(config(text)).toBeDefined();
      } catch (error) {
        expect(error).toBeInstanceOf(HarborTaskError);
      }
    }),
  );
});
