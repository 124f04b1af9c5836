import type { Environment } from './environment.ts';
import type { Task } from './task.ts';

export { CACHES, type Cached, type CacheName, listCached, removeCached, sweepWorkspaces } from './cache.ts';
export type {
  Candidate,
  Environment,
  Finding,
  MineOptions,
  Provision,
  Score,
  Step,
  Work,
} from './environment.ts';
export { EnvironmentFileError, environmentsFolder, findEnvironment, readTasks, writeTasks } from './file.ts';
export type { FixMineOptions } from './fix/mine.ts';
export { type Funnel, FunnelCounter } from './funnel.ts';
export { REASONS as LOCALIZE_REASONS } from './localize/filters.ts';
export { mineLocalize } from './localize/mine.ts';
export { type Place, removeFolder } from './place.ts';
export {
  type FixTask,
  type HarborRow,
  type LocalizeTask,
  originOf,
  type Quality,
  type Task,
} from './task.ts';

/** The environment of a kind of task; the code of the others is not loaded. */
export async function environmentOf(kind: Task['kind']): Promise<Environment> {
  switch (kind) {
    case 'localize':
      return (await import('./localize/localize.ts')).localize as Environment;
    case 'fix':
      return (await import('./fix/fix.ts')).fix as Environment;
    case 'harbor':
      return (await import('./harbor/harbor.ts')).harbor as Environment;
  }
}

// What runs tests brings runners and parsers along.
export const loadFixMining = async () => ({
  ...(await import('./fix/mine.ts')),
  ...(await import('./fix/reasons.ts')),
});
export const loadBugMining = () => import('./fix/bug/mine.ts');
export const loadHarbor = async () => ({
  ...(await import('./harbor/import-tasks.ts')),
  ...(await import('./harbor/write-task.ts')),
  ...(await import('./fix/to-harbor.ts')),
});
