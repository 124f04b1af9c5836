import { join } from 'node:path';
import type { Environment } from '../environment.ts';
import { addMade, copyBuild } from '../setups.ts';
import type { FixTask } from '../task.ts';
import { startOver } from './start-over.ts';
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
    if (task.start !== undefined) await startOver(factory.store, (await factory.treesOf(task)).start, folder);
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
