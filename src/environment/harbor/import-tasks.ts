import { basename, dirname } from 'node:path';
import { type HarborRow, idOf } from '../task.ts';
import { taskDigest } from './digest.ts';
import { UnsupportedInstructionError } from './dockerfile-error.ts';
import { HarborTaskError } from './error.ts';
import { findHarborTasks } from './find-tasks.ts';
import { STEP } from './harbor.ts';
import type { HarborTask } from './harbor-task.ts';
import { whatRuns } from './image.ts';

export interface Imported {
  rows: HarborRow[];
  /** How many of them a container engine has to run, by its name. */
  byEngine: Record<string, number>;
  /** Tasks that cannot be run here, each with the reason, which names the line. */
  refused: { task: string; reason: string }[];
  warnings: string[];
}

/**
 * Reads tasks of Harbor's format, or the old one of Terminal-Bench, and says of each whether it can be run here: without
 * Docker, or by it where it answers. Nothing of them is run.
 *
 * @throws HarborTaskError where there is no task
 */
export async function importTasks(path: string): Promise<Imported> {
  const { tasks, refused, dataset, warnings } = await findHarborTasks(path);
  const imported: Imported = {
    rows: [],
    byEngine: {},
    refused: refused.map((error) => ({ task: error.path, reason: error.message })),
    warnings: [...warnings],
  };
  for (const task of tasks) {
    try {
      const runners = new Set<string>();
      for (const environment of [
        task.environment,
        task.verifier?.environment,
        ...task.steps.map((step) => step.verifier?.environment),
      ])
        if (environment) runners.add(await whatRuns(environment));
      imported.rows.push(await rowOf(task, dataset?.dataset.name ?? basename(dirname(task.folder))));
      runners.delete('layers');
      for (const engine of runners) imported.byEngine[engine] = (imported.byEngine[engine] ?? 0) + 1;
      imported.warnings.push(...task.warnings.map((warning) => `${task.name}: ${warning}`));
    } catch (error) {
      if (!(error instanceof HarborTaskError) && !(error instanceof UnsupportedInstructionError)) throw error;
      imported.refused.push({ task: task.name, reason: error.message });
    }
  }
  return imported;
}

async function rowOf(task: HarborTask, dataset: string): Promise<HarborRow> {
  const digest = await taskDigest(task.folder);
  const { name, folder } = task;
  const statement =
    task.steps.length > 0 ? task.steps.map((step) => step.instruction).join(STEP) : task.instruction;
  return { id: idOf('harbor', name, digest), kind: 'harbor', name, folder, digest, dataset, statement };
}
