import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { exportBase, git, type Repository } from '../../../git/index.ts';
import { type Place, removeFolder, scratchFolder } from '../../place.ts';
import { addedLines } from '../statement.ts';

/**
 * What of the answer an agent could find: in the workspace as it is really made, and in the statement. Empty for a task
 * that leaks nothing.
 *
 * @param secret contents (ids of blobs) that only the fix holds
 */
export async function findLeaks(
  place: Place,
  repository: Repository,
  task: { base: string; commit: string; statement: string; goldPatch: string; secret: ReadonlySet<string> },
): Promise<string[]> {
  const leaks: string[] = [];
  const added = addedLines(task.goldPatch);
  for (const line of task.statement.split('\n'))
    if (added.has(line.trim()))
      leaks.push(`the statement holds a line of the patch: ${line.trim().slice(0, 80)}`);
  if (task.statement.includes(task.commit.slice(0, 7))) leaks.push('the statement holds the id of the fix');
  const folder = await scratchFolder(place);
  try {
    await exportBase(repository, task.base, folder, place.signal);
    const run = (...args: string[]) => git(folder, args, { alone: true });
    const refs = (await run('for-each-ref', '--format=%(refname) %(objectname)')).split('\n').filter(Boolean);
    for (const ref of refs)
      if (ref !== `refs/heads/main ${task.base}`) leaks.push(`a ref leads further: ${ref}`);
    if ((await run('rev-list', '--all', '--count')) !== '1') leaks.push('there are commits besides the base');
    const objects = (
      await run('cat-file', '--batch-all-objects', '--batch-check=%(objectname) %(objecttype)')
    ).split('\n');
    for (const object of objects) {
      const [id = '', type] = object.split(' ');
      if (task.secret.has(id)) leaks.push(`a file of the fix is among the objects: ${id}`);
      if (type === 'commit' && id !== task.base) leaks.push(`another commit is among the objects: ${id}`);
      if (type === 'tag') leaks.push(`a tag is among the objects: ${id}`);
    }
    for (const name of ['logs', 'packed-refs', 'ORIG_HEAD', 'FETCH_HEAD', 'shallow.lock', 'refs/stash'])
      if (
        (
          await readdir(join(folder, '.git', name)).catch((error: NodeJS.ErrnoException) =>
            error.code === 'ENOTDIR' ? ['file'] : [],
          )
        ).length > 0
      )
        leaks.push(`.git/${name} is there`);
  } finally {
    await removeFolder(folder);
  }
  return leaks;
}
