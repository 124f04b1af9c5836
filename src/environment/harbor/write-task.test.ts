import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/support/temporary.ts';
import { HarborTaskError } from './error.ts';
import { shownInstruction } from './instruction.ts';
import { configSchema, type HarborConfigInput } from './task-config.ts';
import { readHarborTask } from './task-folder.ts';
import { type HarborTaskDraft, type TaskFiles, writeHarborTask } from './write-task.ts';

const simple: HarborTaskDraft = {
  config: { task: { name: 'org/name' } },
  instruction: 'Do it.',
  environment: { Dockerfile: 'FROM ubuntu\n' },
  tests: { 'test.sh': 'true\n' },
};

/** Contents and modes of all files below a folder. */
function filesIn(folder: string): Record<string, [content: string, mode: number]> {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    found.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(folder, path), [readFileSync(path, 'latin1'), statSync(path).mode & 0o777]];
    }),
  );
}

test('what is written is short, in the order of Harbor, and can be run', async () => {
  const folder = join(temporaryFolder(), 'new', 'task');
  await writeHarborTask(folder, {
    ...simple,
    config: { agent: { timeout_sec: 60 }, metadata: { empty: [], from: 'x' }, task: { name: 'org/name' } },
    tests: {
      'test.sh': 'true\n',
      'data/x.bin': new Uint8Array([255]),
      run: { content: 'x', executable: true },
    },
    solution: { 'solve.sh': 'x' },
  });
  expect(readFileSync(join(folder, 'task.toml'), 'utf8')).toBe(`schema_version = "1.4"

[task]
name = "org/name"
description = ""

[metadata]
empty = []
from = "x"

[verifier]
timeout_sec = 600
environment_mode = "shared"

[agent]
timeout_sec = 60

[environment]
build_timeout_sec = 600
os = "linux"
network_mode = "public"
`);
  const { 'task.toml': _, ...files } = filesIn(folder);
  expect(files).toEqual({
    'instruction.md': ['Do it.', 0o644],
    'environment/Dockerfile': ['FROM ubuntu\n', 0o644],
    'tests/test.sh': ['true\n', 0o755],
    'tests/data/x.bin': ['\xff', 0o644],
    'tests/run': ['x', 0o755],
    'solution/solve.sh': ['x', 0o755],
  });
});

test('an empty folder is taken; one with something in it is left alone, and nothing half-written stays', async () => {
  const root = temporaryFolder();
  mkdirSync(join(root, 'empty'));
  await writeHarborTask(join(root, 'empty'), simple);
  mkdirSync(join(root, 'full'));
  writeFileSync(join(root, 'full', 'mine'), 'kept');
  await expect(writeHarborTask(join(root, 'full'), simple)).rejects.toThrow(
    /cannot be written \(ENOTEMPTY\)/,
  );
  await expect(writeHarborTask(join(root, 'full', 'mine'), simple)).rejects.toThrow(HarborTaskError);
  expect(readdirSync(root).sort()).toEqual(['empty', 'full']);
  expect(readdirSync(join(root, 'full'))).toEqual(['mine']);
});

const step = { instruction: 'First.' };
test.each<[string, Partial<HarborTaskDraft>, RegExp]>([
  ['a path outside', { tests: { ...simple.tests, '../x': '' } }, /no path within/],
  ['an absolute path', { environment: { '/etc/x': '' } }, /no path within/],
  ['an empty name', { environment: { 'a//b': '' } }, /no path within/],
  ['a NUL in a path', { environment: { 'a\0b': '' } }, /no path within/],
  ['a backslash', { environment: { 'a\\b': '' } }, /no path within/],
  ['a file that is a folder', { environment: { Dockerfile: '', 'Dockerfile/x': '' } }, /cannot be written/],
  ['half a character', { environment: { Dockerfile: '\ud800' } }, /half a character/],
  ['no tests', { tests: {} }, /is no task: has no tests\/test\.sh/],
  ['no environment', { environment: {} }, /is no task: has no environment/],
  ['no instruction', { instruction: ' ' }, /says nothing/],
  ['a NUL', { instruction: 'a\0' }, /would not be shown/],
  ['a line end of Windows', { instruction: 'a\r\n' }, /would not be shown/],
  ['a canary', { instruction: '# canary\na' }, /would not be shown/],
  ['an empty line', { instruction: '\na' }, /would not be shown/],
  ['a configuration that is none', { config: { agent: { timeout_sec: -1 } } }, /agent\.timeout_sec/],
  ['an unknown key', { config: { more: 1 } as HarborConfigInput }, /more/],
  ['what TOML cannot say', { config: { metadata: { a: null } } }, /TOML cannot say/],
  ['what TOML cannot hold', { config: { metadata: { a: [null] } } }, /cannot be written as TOML/],
  ['a step that is not named', { instruction: '', steps: { a: step } }, /does not name/],
  ['a step without files', { config: { steps: [{ name: 'a' }] } }, /no files of it/],
  ['two instructions', { config: { steps: [{ name: 'a' }] }, steps: { a: step } }, /beside theirs/],
])('%s is refused', async (_what, change, message) => {
  const root = temporaryFolder();
  const writing = writeHarborTask(join(root, 'task'), { ...simple, ...change });
  await expect(writing).rejects.toThrow(HarborTaskError);
  await expect(writing).rejects.toThrow(message);
  expect(readdirSync(root)).toEqual([]);
});

const text = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((one) => !/[\0\r]/.test(one));
const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const instruction = text
  .map((one) => shownInstruction(`${one} x`))
  .filter((one) => one.trim() !== '' && shownInstruction(one) === one);
const seconds = fc.double({ min: 0.001, max: 1e6, noNaN: true });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const record = fc.dictionary(word, text, { maxKeys: 3 });
const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    ...[text, fc.maxSafeInteger(), fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true })],
    ...[fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(text, tie('value'), { maxKeys: 3 })],
  ),
})).value;
const environmentTable = fc.record(
  {
    ...{
      build_timeout_sec: seconds,
      cpus: fc.integer({ min: 1, max: 64 }),
      memory_mb: fc.integer({ min: 1, max: 9999 }),
    },
    ...{ env: record, workdir: word.map((one) => `/${one}`), gpu_types: fc.array(word, { maxLength: 2 }) },
    network_mode: fc.constantFrom('public', 'no-network', 'allowlist'),
    healthcheck: fc.record({ command: text, retries: fc.nat(9) }, { requiredKeys: ['command'] }),
    mcp_servers: fc.array(fc.record({ name: word, url: word, headers: record.map(() => ({})) }), {
      maxLength: 2,
    }),
  },
  { requiredKeys: [] },
);
const artifact = fc.record(
  {
    source: word.map((one) => `/${one}`),
    destination: word,
    exclude: fc.array(text, { maxLength: 2 }),
    service: word,
  },
  { requiredKeys: ['source'] },
);
const verifierTable = fc.record(
  {
    ...{ timeout_sec: seconds, env: record, user: fc.oneof(word, fc.nat()), environment: environmentTable },
    collect: fc.array(fc.record({ command: text, service: word }), { maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const agentTable = fc.record({ timeout_sec: seconds, user: fc.oneof(word, fc.nat()) }, { requiredKeys: [] });
const stepTable = fc.record(
  {
    ...{
      name: word,
      agent: agentTable,
      verifier: verifierTable,
      artifacts: fc.array(artifact, { maxLength: 2 }),
    },
    min_reward: fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.dictionary(word, fc.integer()),
    ),
  },
  { requiredKeys: ['name'] },
);
const config = fc.record(
  {
    ...{
      source: text,
      artifacts: fc.array(artifact, { maxLength: 2 }),
      agent: agentTable,
      verifier: verifierTable,
    },
    ...{
      environment: environmentTable,
      solution: fc.record({ env: record }),
      metadata: fc.dictionary(text, plain),
    },
    task: fc.record(
      {
        name: fc.tuple(word, word).map((names) => names.join('/')),
        ...{ version: word, description: text, keywords: fc.array(text, { maxLength: 2 }) },
        authors: fc.array(fc.record({ name: text, email: text }, { requiredKeys: ['name'] }), {
          maxLength: 2,
        }),
      },
      { requiredKeys: ['name'] },
    ),
    multi_step_reward_strategy: fc.constantFrom('mean', 'final'),
    steps: fc.uniqueArray(stepTable, { selector: ({ name }) => name, maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const files = fc
  .dictionary(
    fc.array(word, { minLength: 1, maxLength: 2 }).map((names) => `d/${names.join('/')}.x`),
    text,
    { maxKeys: 3 },
  )
  .map((given): TaskFiles => given);
const parts = fc.record({
  instruction,
  tests: optional(files),
  solution: optional(files),
  workdir: optional(files),
});
const draft = fc
  .record({ config, instruction, environment: files, tests: files, solution: optional(files), part: parts })
  .map(({ part, ...one }): HarborTaskDraft => {
    const names = (one.config.steps ?? []).map(({ name }) => name);
    return {
      ...(one as HarborTaskDraft),
      ...(names.length > 0 && {
        instruction: '',
        steps: Object.fromEntries(names.map((name) => [name, part])),
      }),
      environment: { ...one.environment, Dockerfile: 'FROM ubuntu' },
      tests: { ...one.tests, 'test.sh': '#!/bin/sh\n' },
      ...(one.solution && { solution: { ...one.solution, 'solve.sh': '' } }),
    };
  });

test('a task comes back as it was written, whatever it says', async () => {
  const root = temporaryFolder();
  let count = 0;
  await fc.assert(
    fc.asyncProperty(draft, async (given) => {
      const folder = join(root, String(count++));
      await writeHarborTask(folder, given);
      const task = await readHarborTask(folder);
      expect(task.warnings).toEqual([]);
      expect(plainly(task.config)).toEqual(plainly(configSchema.parse(given.config)));
      expect(task.instruction).toBe(given.instruction);
      expect(task.steps.map((one) => [one.config.name, one.instruction])).toEqual(
        task.config.steps.map(({ name }) => [name, given.steps![name]!.instruction]),
      );
      const written = filesIn(folder);
      const expected = [
        ...(['environment', 'tests', 'solution'] as const).map((part) => [part, given[part]] as const),
        ...Object.entries(given.steps ?? {}).flatMap(([name, one]) =>
          (['tests', 'solution', 'workdir'] as const).map(
            (part) => [`steps/${name}/${part}`, one[part]] as const,
          ),
        ),
      ].flatMap(([inside, some]) =>
        Object.entries(some ?? {}).map(([path, file]) => [`${inside}/${path}`, file]),
      );
      for (const [path, content] of expected) {
        expect(written[path as string]).toEqual([
          Buffer.from(content as string).toString('latin1'),
          (path as string).endsWith('.sh') ? 0o755 : 0o644,
        ]);
      }
      const instructions = given.steps ? Object.keys(given.steps).length : 1;
      expect(Object.keys(written)).toHaveLength(expected.length + instructions + 1);
    }),
    { numRuns: 150 },
  );
});

/** TOML has one zero, and no key without a value. */
function plainly(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
