import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/support/temporary.ts';
import { HarborTaskError } from './error.ts';
import { readHarborTask } from './task-folder.ts';

type Files = Record<string, string | Uint8Array>;

function folderOf(files: Files): string {
  const folder = temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

const simple: Files = {
  'task.toml': 'version = "1.0"\n',
  'instruction.md': 'Do it.\n',
  'environment/Dockerfile': 'FROM ubuntu\n',
  'tests/test.sh': 'true\n',
};

test('a task in one piece', async () => {
  const folder = folderOf({ ...simple, 'solution/solve.sh': 'x' });
  expect(await readHarborTask(folder)).toMatchObject({
    ...{ format: 'harbor', folder, name: basename(folder), instruction: 'Do it.\n', steps: [], warnings: [] },
    environment: {
      from: 'dockerfile',
      folder: join(folder, 'environment'),
      dockerfile: join(folder, 'environment', 'Dockerfile'),
    },
    tests: {
      folders: [join(folder, 'tests')],
      script: join(folder, 'tests', 'test.sh'),
      verdict: 'reward-file',
    },
    solution: {
      kind: 'script',
      script: join(folder, 'solution', 'solve.sh'),
      folder: join(folder, 'solution'),
    },
  });
});

test('its name, an image, and compose', async () => {
  const toml = '[task]\nname = "org/name"\n[environment]\ndocker_image = "img"\n';
  const image = await readHarborTask(
    folderOf({ 'task.toml': toml, 'instruction.md': 'x', 'tests/test.sh': '' }),
  );
  expect(image).toMatchObject({ name: 'org/name', environment: { from: 'image', image: 'img' } });
  expect(image).not.toHaveProperty('solution');
  expect(image.environment).not.toHaveProperty('folder');
  const compose = await readHarborTask(
    folderOf({ ...simple, 'environment/docker-compose.yaml': 'services: {}' }),
  );
  expect(compose.environment).toMatchObject({ from: 'compose', dockerfile: expect.any(String) });
});

test('steps have instructions of their own, tests above those of the task, and files to start from', async () => {
  const folder = folderOf({
    ...simple,
    'task.toml': '[[steps]]\nname = "one"\n[[steps]]\nname = "two"\n',
    'steps/one/instruction.md': 'First.',
    'steps/one/workdir/setup.sh': '',
    'steps/two/instruction.md': 'Second.',
    'steps/two/tests/test.sh': '',
    'steps/two/solution/solve.sh': '',
  });
  const task = await readHarborTask(folder);
  expect(task).toMatchObject({ instruction: '', config: { multi_step_reward_strategy: 'mean' } });
  expect(task.steps).toMatchObject([
    {
      instruction: 'First.',
      tests: { folders: [join(folder, 'tests')], script: join(folder, 'tests', 'test.sh') },
      workdir: join(folder, 'steps', 'one', 'workdir'),
      setup: join(folder, 'steps', 'one', 'workdir', 'setup.sh'),
    },
    {
      instruction: 'Second.',
      tests: {
        folders: [join(folder, 'tests'), join(folder, 'steps', 'two', 'tests')],
        script: join(folder, 'steps', 'two', 'tests', 'test.sh'),
      },
      solution: { kind: 'script' },
    },
  ]);
});

test('a separate verifier has an image of its own, one that its tests describe, or a copy of the agent’s', async () => {
  const image = '[verifier.environment]\ndocker_image = "judge"\n';
  const { 'tests/test.sh': _, ...noTests } = simple;
  const own = await readHarborTask(folderOf({ ...noTests, 'task.toml': image }));
  expect(own.verifier).toMatchObject({ bringsTests: true, environment: { from: 'image', image: 'judge' } });
  expect(own.tests).toEqual({ folders: [], verdict: 'reward-file' });

  const separate = '[environment]\nmemory_mb = 7\n[verifier]\nenvironment_mode = "separate"\n';
  const described = folderOf({ ...noTests, 'task.toml': separate, 'tests/Dockerfile': 'FROM b' });
  expect((await readHarborTask(described)).verifier).toMatchObject({
    ...{ bringsTests: true, environment: { from: 'dockerfile', folder: join(described, 'tests') } },
    config: { memory_mb: 7 },
  });

  const copy = await readHarborTask(folderOf({ ...simple, 'task.toml': separate }));
  expect(copy.verifier).toMatchObject({ bringsTests: false, environment: copy.environment });
  expect(await readHarborTask(folderOf(simple))).not.toHaveProperty('verifier');

  const step = folderOf({
    ...noTests,
    'task.toml': `${separate}[[steps]]\nname = "a"\n[steps.verifier.environment]\ndocker_image = "j"\n`,
    'steps/a/instruction.md': 'x',
  });
  expect((await readHarborTask(step)).steps[0]!.verifier).toMatchObject({ environment: { image: 'j' } });
});

test('an instruction is shown without marks at its beginning, in the line ends of here', async () => {
  const text = '\ufeff<!-- harbor-canary GUID 1 -->\r\n# CANARY 2\r\n\r\n  Do\rit. # canary\r\n';
  expect((await readHarborTask(folderOf({ ...simple, 'instruction.md': text }))).instruction).toBe(
    '  Do\nit. # canary\n',
  );
});

test('links within the task stay; a large file does no harm where it is not read', async () => {
  const folder = folderOf({ ...simple, 'environment/big': new Uint8Array(10 * 1024 * 1024) });
  symlinkSync('../tests', join(folder, 'environment', 'inside'));
  symlinkSync('nothing', join(folder, 'environment', 'dangling'));
  expect(await readHarborTask(folder)).toBeDefined();
});

test.each<[string, Files | ((folder: string) => void), RegExp]>([
  [
    'no task.toml',
    (folder) => execFileSync('rm', [join(folder, 'task.toml')]),
    /task\.toml: cannot be read \(ENOENT\)/,
  ],
  [
    'no instruction',
    (folder) => execFileSync('rm', [join(folder, 'instruction.md')]),
    /instruction\.md: cannot be read/,
  ],
  ['an empty instruction', { 'instruction.md': '# canary\n \n' }, /says nothing/],
  ['a NUL', { 'instruction.md': 'a\0b' }, /NUL/],
  ['bytes that are no text', { 'instruction.md': Buffer.from([0xff, 0xfe, 0x41]) }, /UTF-8/],
  ['10 MB of instruction', { 'instruction.md': 'x'.repeat(10 * 1024 * 1024) }, /10485760 bytes/],
  ['broken TOML', { 'task.toml': 'a\n= 1' }, /task\.toml: line 1: is not TOML/],
  [
    'no environment',
    (folder) => execFileSync('rm', ['-r', join(folder, 'environment')]),
    /has no environment/,
  ],
  ['no tests', (folder) => execFileSync('rm', ['-r', join(folder, 'tests')]), /has no tests\/test\.sh/],
  ['tests of another system', { 'task.toml': '[environment]\nos = "windows"' }, /has no tests\/test\.bat/],
  ['a step without a folder', { 'task.toml': '[[steps]]\nname = "a"' }, /is not there/],
  [
    'a step without an instruction',
    { 'task.toml': '[[steps]]\nname = "a"', 'steps/a/x': '' },
    /instruction\.md/,
  ],
  [
    'a link to a file outside',
    (folder) => symlinkSync('/etc/passwd', join(folder, 'tests', 'x')),
    /leads out/,
  ],
  [
    'a link to a folder outside',
    (folder) => symlinkSync('../../..', join(folder, 'tests', 'x')),
    /leads out/,
  ],
  [
    'a link to nothing outside',
    (folder) => symlinkSync('/none/x', join(folder, 'environment', 'x')),
    /leads out/,
  ],
  ['a link to itself', (folder) => symlinkSync('x', join(folder, 'tests', 'x')), /ELOOP/],
  ['a pipe', (folder) => execFileSync('mkfifo', [join(folder, 'tests', 'x')]), /neither a file nor a folder/],
  [
    'a pipe for an instruction',
    (folder) => {
      execFileSync('rm', [join(folder, 'instruction.md')]);
      execFileSync('mkfifo', [join(folder, 'instruction.md')]);
    },
    /neither a file nor a folder/,
  ],
])('%s is refused', async (_what, change, message) => {
  const folder = folderOf(typeof change === 'function' ? simple : { ...simple, ...change });
  if (typeof change === 'function') change(folder);
  const reading = readHarborTask(folder);
  await expect(reading).rejects.toThrow(HarborTaskError);
  await expect(reading).rejects.toThrow(message);
});

test('a folder that is not there is refused', async () => {
  await expect(readHarborTask(join(temporaryFolder(), 'none'))).rejects.toThrow(/ENOENT/);
});
