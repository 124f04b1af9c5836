/** Tasks of repositories with the signals of their candidate files: what tuning and comparison both work on. */
import { createHash } from 'node:crypto';
import { type LocalizeTask, mineLocalize } from '../../src/environment/index.ts';
import { openRepository } from '../../src/git/index.ts';
import { classify } from '../../src/project/index.ts';
import { RepositoryIndex } from '../../src/search/index.ts';
import { SIGNALS, type Signal } from '../../src/search/signals.ts';

export interface Example {
  repository: string;
  task: string;
  gold: string[];
  /** Candidate files: sources with any signal. */
  paths: string[];
  signals: Record<Signal, number[]>;
}

/** A random sample of a repository's tasks, the same each time, with the signals of every source file of the base. */
export async function collect(path: string, count: number): Promise<Example[]> {
  const repository = await openRepository(path);
  const tasks: LocalizeTask[] = [];
  for await (const candidate of mineLocalize(repository, {})) {
    if ('task' in candidate) tasks.push(candidate.task);
  }
  const order = (task: LocalizeTask) => createHash('sha256').update(task.id).digest('hex');
  const sample = tasks.sort((a, b) => (order(a) < order(b) ? -1 : 1)).slice(0, count);
  // Oldest first, so that neighbouring trees share their blobs.
  sample.sort((a, b) => a.source.time - b.source.time);
  const index = new RepositoryIndex(repository);
  const examples: Example[] = [];
  for (const task of sample) {
    const { paths, signals } = await index.signals(task.statement, task.base);
    const kept = paths.flatMap((file, number) => (classify(file) === 'source' ? [number] : []));
    const pick = (values: Float64Array) => kept.map((number) => Number(values[number]!.toFixed(5)));
    examples.push({
      repository: repository.name,
      task: task.id,
      gold: task.answer.files,
      paths: kept.map((number) => paths[number]!),
      signals: Object.fromEntries(SIGNALS.map((signal) => [signal, pick(signals[signal])])) as Record<
        Signal,
        number[]
      >,
    });
  }
  return examples;
}
