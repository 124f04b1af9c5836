import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FixTask, Score, Work } from '../../src/environment/index.ts';
import { exportBase, type Repository } from '../../src/git/index.ts';
import { temporaryFolder } from './temporary.ts';

/** Edits of an agent: files to write (null deletes), or anything it does to its workspace. */
export type Edit = Record<string, string | null> | ((folder: string) => void);

/** Work on a task as an agent would leave it: a workspace of the base, with edits. */
export async function attempt(
  verify: (task: FixTask, work: Work) => Promise<Score>,
  task: FixTask,
  about: { repository: Repository; home: string; events?: Work['events'] },
  edit: Edit,
): Promise<Score> {
  const folder = join(temporaryFolder(), 'workspace');
  await exportBase(about.repository, task.base, folder);
  if (typeof edit === 'function') edit(folder);
  else {
    for (const [path, content] of Object.entries(edit)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      if (content === null) rmSync(join(folder, path), { recursive: true });
      else writeFileSync(join(folder, path), content);
    }
  }
  const { repository, home, events = [] } = about;
  return verify(task, { answer: '', repository, folder, events, place: { home } });
}

/** Applies the gold patch of a task to a workspace. */
export function applyGold(task: FixTask, folder: string): void {
  execFileSync('git', ['apply', '--whitespace=nowarn', '-'], { cwd: folder, input: task.gold.patch });
}
