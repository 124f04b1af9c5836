import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from '../../git/index.ts';
import type { Environment } from '../environment.ts';
import { addMade, copyBuild } from '../setups.ts';
import type { FixTask } from '../task.ts';
import { factoryFor, verifyFix } from './verify.ts';

/**
 * Change the code so that tests pass that the agent does not see. Statement: what was said of a real change, or of a
 * failing test. Reward: 1 where all tests that tell pass and all others go on passing, else 0.
 */
export const fix: Environment<FixTask> = {
  kind: 'fix',

  prompt: (task) =>
    `Below is a change that is wanted in this repository. Make it, in the source code of the workspace. It will be judged by tests that you do not see, and by those that pass now. Changes of existing tests, of configuration and of lockfiles are not taken over.

<task>
${task.statement}
</task>

When you are done, say in a few sentences what you changed.`,

  reference: (task) => ({ patch: task.gold.patch }),

  async prepare(task, folder, repository, place) {
    const factory = await factoryFor({ place, repository });
    if (task.start !== undefined) {
      await factory.store.checkOut((await factory.treesOf(task)).start, folder);
      // A history of its own: the commit without the bug is nowhere.
      await rm(join(folder, '.git'), { recursive: true, force: true });
      const run = (...args: string[]) => git(folder, args, { alone: true, env: IDENTITY });
      await run('init', '--quiet', '--template=', '--initial-branch=main');
      await run('add', '--all', '--force');
      await run('commit', '--quiet', '--no-verify', '--message', 'The state to start from.');
    }
    const { prepared } = await factory.benchFor(task.setup.commit, task.tests.plan);
    // Inside of .git it is no part of the work, and goes with the workspace.
    const build = join(folder, '.git', 'kino', 'build');
    await Promise.all([copyBuild(prepared, build), addMade(prepared, folder)]);
    const env: Record<string, string> = prepared.env(folder, build);
    if (prepared.path.length > 0) env.PATH = [...prepared.path, process.env.PATH ?? ''].join(':');
    return { mounts: prepared.mounts(folder), env };
  },

  verify: verifyFix,
};

const IDENTITY = {
  GIT_AUTHOR_NAME: 'kino',
  GIT_AUTHOR_EMAIL: 'kino@localhost',
  GIT_COMMITTER_NAME: 'kino',
  GIT_COMMITTER_EMAIL: 'kino@localhost',
  GIT_AUTHOR_DATE: '2020-01-01T00:00:00Z',
  GIT_COMMITTER_DATE: '2020-01-01T00:00:00Z',
};
