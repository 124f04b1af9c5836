import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/support/temporary.ts';
import { parseHarborDataset } from './dataset.ts';
import { taskDigest } from './digest.ts';
import { HarborTaskError } from './error.ts';
import { findHarborTasks } from './find-tasks.ts';

function put(folder: string, files: Record<string, string>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

const task = (folder: string, toml = '') =>
  put(folder, {
    ...{ 'task.toml': toml, 'instruction.md': 'x', 'environment/Dockerfile': 'FROM a', 'tests/test.sh': '' },
  });
const old = (folder: string) =>
  put(folder, { 'task.yaml': 'instruction: x', 'run-tests.sh': '', Dockerfile: 'FROM a' });

test('a task, tasks in a folder, tasks two levels down, both formats; a task is not looked into', async () => {
  const root = temporaryFolder();
  task(join(root, 'b'));
  task(join(root, 'group', 'a'));
  old(join(root, 'group', 'old'));
  task(join(root, 'b', 'environment', 'inner'));
  task(join(root, 'too', 'far', 'down'));
  task(join(root, '.hidden'));
  expect((await findHarborTasks(join(root, 'b'))).tasks.map(({ name }) => name)).toEqual(['b']);
  const { tasks, refused } = await findHarborTasks(root);
  expect(tasks.map(({ name, format }) => [name, format])).toEqual([
    ['b', 'harbor'],
    ['a', 'harbor'],
    ['old', 'terminal-bench'],
  ]);
  expect(refused).toEqual([]);
});

test('a broken task among others is refused by name, and the others are found', async () => {
  const root = temporaryFolder();
  task(join(root, 'a'));
  task(join(root, 'b'), 'broken');
  symlinkSync(join(root, 'a'), join(root, 'c'));
  const { tasks, refused } = await findHarborTasks(root);
  expect(tasks.map(({ name }) => name)).toEqual(['a']);
  expect(refused.map(({ message }) => message)).toEqual([
    expect.stringMatching(/b\/task\.toml: line 1/),
    expect.stringMatching(/c: is a symbolic link/),
  ]);
  await expect(findHarborTasks(join(root, 'b'))).rejects.toThrow(HarborTaskError);
});

test('a dataset chooses tasks beside it, by name and digest, in its order', async () => {
  const root = temporaryFolder();
  task(join(root, 'x'), '[task]\nname = "org/one"');
  task(join(root, 'tasks', 'two'));
  task(join(root, 'three'), '[task]\nname = "org/three"');
  const entry = (name: string, digest: string) => `[[tasks]]\nname = "${name}"\ndigest = "${digest}"\n`;
  const wrong = `sha256:${'0'.repeat(64)}`;
  const two = entry('org/two', await taskDigest(join(root, 'tasks', 'two')));
  const one = entry('org/one', await taskDigest(join(root, 'x')));
  const toml = `odd = 1\n[dataset]\nname = "org/set"\n${two}${one}${one}${entry('org/three', wrong)}${entry('org/no', wrong)}`;
  put(root, { 'dataset.toml': toml });
  for (const path of [root, join(root, 'dataset.toml')]) {
    const { tasks, refused, dataset, warnings } = await findHarborTasks(path);
    expect(tasks.map(({ name }) => name)).toEqual(['two', 'org/one']);
    expect(refused.map(({ message }) => message)).toEqual([
      expect.stringMatching(/three: is not what .*dataset\.toml pins: its digest is sha256:/),
      expect.stringMatching(/dataset\.toml: tasks\.4: names org\/no, which does not lie beside it/),
    ]);
    expect(dataset?.dataset.name).toBe('org/set');
    expect(warnings).toEqual(['odd is not known and is passed over']);
  }
});

test('what holds no task is refused', async () => {
  const root = temporaryFolder();
  await expect(findHarborTasks(root)).rejects.toThrow(/holds no task/);
  await expect(findHarborTasks(join(root, 'none'))).rejects.toThrow(/is not there/);
  put(root, { 'other.toml': '' });
  await expect(findHarborTasks(join(root, 'other.toml'))).rejects.toThrow(/neither a folder nor a dataset/);
});

test.each([
  ['[dataset]\nname = "short"', /dataset\.name/],
  ['a = 1', /dataset: /],
  ['[dataset]\nname = "a/b"\n[[tasks]]\nname = "a/../b"\ndigest = ""', /tasks\.0\.name/],
  ['[dataset]\nname = "a/b"\n[[tasks]]\nname = "a/b"\ndigest = "sha256:AB"', /tasks\.0\.digest.*64 hex/],
  ['[dataset]\nname = "a/b"\n[[files]]\npath = "../x"', /files\.0\.path/],
  ['[dataset', /line 1: is not TOML/],
])('a dataset that is none is refused: case %#', (text, message) => {
  expect(() => parseHarborDataset(text, 'dataset.toml')).toThrow(HarborTaskError);
  expect(() => parseHarborDataset(text, 'dataset.toml')).toThrow(message);
});
