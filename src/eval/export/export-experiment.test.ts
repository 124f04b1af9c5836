import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/support/temporary.ts';
import { SqliteThreadStore, type StoredEvent, ThreadNotFoundError } from '../../thread/index.ts';
import { NotAnExperimentError } from '../experiment.ts';
import { EXPERIMENT_FORMATS, ExportExistsError, exportExperiment } from './export-experiment.ts';
import { recordExperiment } from './fixture.ts';

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

test.each(EXPERIMENT_FORMATS)(
  '%s: what is written is named, and the same again is the same',
  async (format) => {
    const store = new SqliteThreadStore(':memory:');
    const experiment = await recordExperiment(store);
    const [first, second] = [temporaryFolder(), temporaryFolder()];
    const written = await exportExperiment(format, { store, experiment, out: join(first, 'new', 'folder') });
    const again = await exportExperiment(format, { store, experiment, out: second });
    expect(written.length).toBeGreaterThan(0);
    expect(filesIn(first)).toEqual(written);
    const names = written.map((path) => relative(join(first, 'new', 'folder'), path));
    expect(again.map((path) => relative(second, path))).toEqual(names);
    for (const [index, path] of written.entries())
      expect(readFileSync(again[index]!).equals(readFileSync(path)), names[index]).toBe(true);
    store.close();
  },
);

test.each(EXPERIMENT_FORMATS)(
  '%s: nothing that is there is replaced, and nothing is left behind',
  async (format) => {
    const store = new SqliteThreadStore(':memory:');
    const experiment = await recordExperiment(store);
    const out = temporaryFolder();
    const written = await exportExperiment(format, { store, experiment, out });
    writeFileSync(written[0]!, 'mine');
    await expect(exportExperiment(format, { store, experiment, out })).rejects.toThrow(ExportExistsError);
    expect(filesIn(out)).toEqual(written);
    expect(readFileSync(written[0]!, 'utf8')).toBe('mine');
    expect(readdirSync(out)).toHaveLength(1);
  },
);

/** A store that can read five rollouts, and then no more. */
class BreakingStore extends SqliteThreadStore {
  reads = 0;
  override async read(id: string, from?: number): Promise<StoredEvent[]> {
    if (id.startsWith('r-') && ++this.reads > 5) throw new ThreadNotFoundError(id);
    return super.read(id, from);
  }
}

test.each(EXPERIMENT_FORMATS)('%s: an export that breaks in the middle leaves nothing', async (format) => {
  const store = new BreakingStore(':memory:');
  const experiment = await recordExperiment(store);
  const out = temporaryFolder();
  await expect(exportExperiment(format, { store, experiment, out })).rejects.toThrow(ThreadNotFoundError);
  expect(store.reads).toBe(6);
  expect(readdirSync(out)).toEqual([]);
});

test('where one run of several cannot be moved, none is there', async () => {
  const store = new SqliteThreadStore(':memory:');
  const experiment = await recordExperiment(store);
  const probe = await exportExperiment('verifiers', { store, experiment, out: temporaryFolder() });
  const out = temporaryFolder();
  const taken = join(out, 'outputs', probe.at(-1)!.split('/').at(-2)!);
  mkdirSync(taken, { recursive: true });
  await expect(exportExperiment('verifiers', { store, experiment, out })).rejects.toThrow(ExportExistsError);
  expect(filesIn(out)).toEqual([]);
});

test('only experiments are exported', async () => {
  const store = new SqliteThreadStore(':memory:');
  await recordExperiment(store);
  const out = temporaryFolder();
  const exportOf = (experiment: string) => exportExperiment('harbor', { store, experiment, out });
  await expect(exportOf('r-nop-a-1')).rejects.toThrow(NotAnExperimentError);
  await expect(exportOf('nowhere')).rejects.toThrow(ThreadNotFoundError);
  expect(readdirSync(out)).toEqual([]);
});
