import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import {
  environmentOf,
  type HarborRow,
  loadHarbor,
  type Score,
  type Task,
} from '../../src/environment/index.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { temporaryFolder } from './temporary.ts';

/** The files of a task in Harbor's form by their paths; scripts are made executable. */
export type TaskFiles = Record<string, string>;

export function writeTask(files: TaskFiles, folder = join(temporaryFolder(), 'task')): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
    if (path.endsWith('.sh')) chmodSync(join(folder, path), 0o755);
  }
  return folder;
}

/** The row of the task in a folder, which must not be refused. */
export async function importedTask(folder: string): Promise<HarborRow> {
  const { rows, refused } = await (await loadHarbor()).importTasks(folder);
  expect(refused).toEqual([]);
  return rows[0]!;
}

/** What an agent does in the task's sandbox, and the score of it. */
export async function scoreAfter(
  row: HarborRow,
  act: (sandbox: Sandbox) => Promise<unknown>,
  place: { home: string },
): Promise<Score> {
  const environment = await environmentOf('harbor');
  const folder = temporaryFolder();
  const sandbox = await environment.open!(row as Task, folder, place, false);
  await act(sandbox);
  await sandbox.dispose();
  return environment.verify(row as Task, { answer: '', folder, events: [], place });
}
