import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from '../../../git/index.ts';
import { type Place, removeFolder, scratchFolder } from '../../place.ts';
import { addedLines, codeIn } from '../statement.ts';

/**
 * What of the answer an agent could find: in the workspace as it is really made, and in the statement. Empty for a task
 * that leaks nothing.
 *
 * @param make fills an empty folder as it is done for an agent, and gives the id of the only commit that is to be there
 * @param task `secret` are contents (ids of blobs) that only the fix holds, `commit` the id that tells it
 */
export async function findLeaks(
  place: Place,
  make: (folder: string) => Promise<string>,
  task: { commit: string; statement: string; goldPatch: string; secret: ReadonlySet<string> },
): Promise<string[]> {
  const leaks: string[] = [];
  const added = addedLines(task.goldPatch);
  for (const line of codeIn(task.statement, added))
    leaks.push(`the statement holds a line of the patch: ${line.slice(0, 80)}`);
  if (task.statement.includes(task.commit.slice(0, 7))) leaks.push('the statement holds the id of the fix');
  const folder = await scratchFolder(place);
  try {
    const base = await make(folder);
    const run = (...args: string[]) => git(folder, args, { alone: true });
    const refs = (await run('for-each-ref', '--format=%(refname) %(objectname)')).split('\n').filter(Boolean);
    for (const ref of refs) if (ref !== `refs/heads/main ${base}`) leaks.push(`a ref leads further: ${ref}`);
    if ((await run('rev-list', '--all', '--count')) !== '1') leaks.push('there are commits besides the base');
    const objects = (
      await run('cat-file', '--batch-all-objects', '--batch-check=%(objectname) %(objecttype)')
    ).split('\n');
    for (const object of objects) {
      const [id = '', type] = object.split(' ');
      if (task.secret.has(id)) leaks.push(`a file of the fix is among the objects: ${id}`);
      if (type === 'commit' && id !== base) leaks.push(`another commit is among the objects: ${id}`);
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
