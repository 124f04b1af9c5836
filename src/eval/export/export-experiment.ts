import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ThreadStore } from '../../thread/index.ts';
import { readExperiment } from '../experiment.ts';
import { type ExportSource, StoredRollouts } from './rollouts.ts';

export const EXPERIMENT_FORMATS = ['harbor', 'verifiers', 'inspect'] as const;
export type ExperimentFormat = (typeof EXPERIMENT_FORMATS)[number];

/** What would be written is there already. Nothing was written. */
export class ExportExistsError extends Error {
  override name = 'ExportExistsError';
  readonly path: string;
  constructor(path: string) {
    super(`${path} is there already; remove it, or export to another folder.`);
    this.path = path;
  }
}

/**
 * Writes an experiment in another format: `jobs/<name>` of Harbor, `outputs/<run>` of verifiers (one for each agent),
 * or `logs/<name>.eval` of Inspect AI (one for each agent). All of it is written or nothing, and the same experiment
 * gives the same bytes. One thread is in memory at a time.
 *
 * @param options.experiment its thread's id
 * @param options.out the folder that gets `jobs`, `outputs` or `logs`; made where it is not there
 * @returns the absolute paths of the files written, sorted
 * @throws ThreadNotFoundError @throws NotAnExperimentError @throws ExportExistsError @throws the file system's errors
 */
export async function exportExperiment(
  format: ExperimentFormat,
  options: { store: ThreadStore; experiment: string; out: string },
): Promise<string[]> {
  const experiment = await readExperiment(options.store, options.experiment);
  const out = resolve(options.out);
  await mkdir(out, { recursive: true });
  const staging = await mkdtemp(join(out, '.kino-export-'));
  try {
    await write(format, new StoredRollouts(options.store, experiment), staging);
    const files = (await readdir(staging, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(staging.length + 1));
    await moveAll(staging, out);
    return files.map((file) => join(out, file)).sort();
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function write(format: ExperimentFormat, source: ExportSource, folder: string): Promise<void> {
  if (format === 'harbor') return (await import('./harbor-job.ts')).writeHarborJob(source, folder);
  if (format === 'verifiers')
    return (await import('./verifiers-traces.ts')).writeVerifiersRuns(source, folder);
  return (await import('./inspect-eval.ts')).writeInspectLogs(source, folder);
}

/** Moves what lies in the folders of `from` into those of `to`; where one cannot be moved, none is. */
async function moveAll(from: string, to: string): Promise<void> {
  const moves: { source: string; target: string }[] = [];
  for (const folder of await readdir(from)) {
    await mkdir(join(to, folder), { recursive: true });
    for (const name of await readdir(join(from, folder))) {
      moves.push({ source: join(from, folder, name), target: join(to, folder, name) });
    }
  }
  for (const { target } of moves) if (await exists(target)) throw new ExportExistsError(target);
  const moved: string[] = [];
  try {
    for (const { source, target } of moves) {
      await rename(source, target);
      moved.push(target);
    }
  } catch (error) {
    for (const target of moved) await rm(target, { recursive: true, force: true });
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
