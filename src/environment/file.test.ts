import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../test/support/temporary.ts';
import {
  EnvironmentFileError,
  environmentsFolder,
  findEnvironment,
  readTasks,
  type Task,
  writeTasks,
} from './index.ts';

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');

function taskOf(number: number, statement = 'a statement'): Task {
  return {
    id: hex(number, 16),
    kind: 'localize',
    repository: { name: 'r', path: '/r', identity: 'i' },
    base: hex(number, 40),
    statement,
    answer: { files: ['src/a.ts', 'new\nline.ts'] },
    source: { commit: hex(number, 64), time: 1, subject: 's' },
  };
}

function fileOf(content: string): string {
  const path = join(temporaryFolder(), 'tasks.jsonl');
  writeFileSync(path, content);
  return path;
}

test('tasks come back as they were written, whatever they say', async () => {
  const path = join(temporaryFolder(), 'new', 'folder', 'tasks.jsonl');
  const statements = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(statements, async (given) => {
      const tasks = given.map((statement, number) => taskOf(number, statement));
      await writeTasks(path, tasks);
      expect(await readTasks(path)).toEqual(tasks);
    }),
    { numRuns: 30 },
  );
  expect(readdirSync(join(path, '..'))).toEqual(['tasks.jsonl']);
});

test('blank lines, and lines that end as on Windows, are read', async () => {
  const path = fileOf(`\n${JSON.stringify(taskOf(1))}\r\n  \n${JSON.stringify(taskOf(2))}`);
  expect((await readTasks(path)).map(({ id }) => id)).toEqual([hex(1, 16), hex(2, 16)]);
});

const good = JSON.stringify(taskOf(1));
test.each([
  ['a broken line', `${good}\n{"id": `, /tasks\.jsonl: line 2 is not JSON\.$/],
  ['a row that is no object', '[]', /line 1 is no task \(row: /],
  ['a wrong kind', good.replace('localize', 'other'), /line 1 is no task \(kind: /],
  ['a wrong id', good.replace(hex(1, 16), 'xyz'), /\(id: /],
  ['a missing field', `{"id":"${hex(1, 16)}"}`, /line 1 is no task/],
  ['an unknown field', good.replace('{', '{"more":1,'), /line 1 is no task \(row: /],
  ['an answer without files', JSON.stringify({ ...taskOf(1), answer: { files: [] } }), /\(answer\.files: /],
  ['a repeated id', `${good}\n${good}`, /line 2 repeats the task 0{15}1\.$/],
  ['an empty file', '', /holds no task\.$/],
])('%s is refused, and the line is named', async (_what, content, message) => {
  const reading = readTasks(fileOf(content));
  await expect(reading).rejects.toThrow(EnvironmentFileError);
  await expect(reading).rejects.toThrow(message);
});

test('a file that is not there, and a folder, cannot be read', async () => {
  const folder = temporaryFolder();
  await expect(readTasks(join(folder, 'none.jsonl'))).rejects.toThrow(/cannot be read \(ENOENT\)/);
  await expect(readTasks(folder)).rejects.toThrow(/cannot be read \(EISDIR\)/);
});

test('where nothing can be written, nothing half-written stays and what was there is whole', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), 'kept');
  await expect(writeTasks(join(folder, 'file', 'tasks.jsonl'), [taskOf(1)])).rejects.toThrow(
    EnvironmentFileError,
  );
  mkdirSync(join(folder, 'taken', 'inside'), { recursive: true });
  await expect(writeTasks(join(folder, 'taken'), [taskOf(1)])).rejects.toThrow(/cannot be written/);
  expect(readdirSync(folder).sort()).toEqual(['file', 'taken']);
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('kept');
});

test('an environment is found by its path and by its name', async () => {
  const root = temporaryFolder();
  const path = join(environmentsFolder(root), 'mine.jsonl');
  await writeTasks(path, [taskOf(1)]);
  for (const name of ['mine', 'mine.jsonl', path]) expect(await findEnvironment(name, root)).toBe(path);
});

test('a folder that has the name of an environment does not hide it', async () => {
  const root = temporaryFolder();
  const before = process.cwd();
  process.chdir(root);
  onTestFinished(() => process.chdir(before));
  mkdirSync(join(root, 'localize'));
  const path = join(environmentsFolder(root), 'localize.jsonl');
  await writeTasks(path, [taskOf(1)]);
  expect(await findEnvironment('localize', root)).toBe(path);
});

test('an unknown name lists what there is, or says how to make one', async () => {
  const root = temporaryFolder();
  await expect(findEnvironment('other', root)).rejects.toThrow(/^other: .*kino mine localize/);
  for (const name of ['b', 'a'])
    await writeTasks(join(environmentsFolder(root), `${name}.jsonl`), [taskOf(1)]);
  await expect(findEnvironment('other', root)).rejects.toThrow(/there are: a, b\.$/);
});
