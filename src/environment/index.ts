import type { Environment } from './environment.ts';
import { localize } from './localize/localize.ts';
import type { Task } from './task.ts';

export type { Candidate, Environment, Finding, MineOptions, Score } from './environment.ts';
export { EnvironmentFileError, environmentsFolder, findEnvironment, readTasks, writeTasks } from './file.ts';
export { type Funnel, FunnelCounter } from './funnel.ts';
export { REASONS as LOCALIZE_REASONS } from './localize/filters.ts';
export type { Task } from './task.ts';

/** The environment of each kind of task. */
export const ENVIRONMENTS: Readonly<Record<Task['kind'], Environment>> = { localize };
