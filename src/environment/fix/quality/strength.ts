import { createHash } from 'node:crypto';
import type { TreeStore } from '../../../git/index.ts';
import { applyMutant, type Mutant, mutantsOf, repairsOf } from '../../../mutation/index.ts';
import { readPatch } from '../patch.ts';
import { roleOf } from '../roles.ts';

/** A tree with one mutant of the gold patch in it. */
export interface GoldMutant {
  path: string;
  mutant: Mutant;
  tree: string;
}

/**
 * Mutants of the lines that a gold patch adds: the sample is spread over the patch, and the same each time.
 *
 * @param fixed the tree with the gold patch
 * @param most mutants at most
 */
export async function goldMutants(
  store: TreeStore,
  fixed: string,
  goldPatch: string,
  most: number,
): Promise<GoldMutant[]> {
  const tree = await store.list(fixed);
  const all: { path: string; source: string; mutant: Mutant }[] = [];
  for (const { path, hunks, binary } of readPatch(goldPatch)) {
    const entry = tree.get(path);
    if (!entry || binary || roleOf(path, false) !== 'source') continue;
    const lines = new Set(hunks.flatMap(({ added }) => [...added.keys()]));
    const source = (await store.readBlob(entry.blob)).toString('utf8');
    for (const mutant of await mutantsOf(path, source, lines)) all.push({ path, source, mutant });
  }
  const order = ({ path, mutant }: (typeof all)[number]) =>
    createHash('sha256').update(`${path}\0${mutant.start}\0${mutant.replacement}`).digest('hex');
  const sample =
    all.length <= most ? all : [...all].sort((a, b) => (order(a) < order(b) ? -1 : 1)).slice(0, most);
  return Promise.all(sample.map((one) => planted(store, fixed, one)));
}

/**
 * Small changes of the lines that a gold patch takes away, in the tree without the fix.
 *
 * @param unfixed the tree with the tests and without the gold patch
 */
export async function goldRepairs(
  store: TreeStore,
  unfixed: string,
  goldPatch: string,
): Promise<GoldMutant[]> {
  const tree = await store.list(unfixed);
  const found: GoldMutant[] = [];
  for (const { path, hunks } of readPatch(goldPatch)) {
    const entry = tree.get(path);
    if (!entry) continue;
    const lines = new Set(hunks.flatMap(({ removed }) => [...removed.keys()]));
    const source = (await store.readBlob(entry.blob)).toString('utf8');
    for (const mutant of await repairsOf(path, source, lines))
      found.push(await planted(store, unfixed, { path, source, mutant }));
  }
  return found;
}

async function planted(
  store: TreeStore,
  treeish: string,
  { path, source, mutant }: { path: string; source: string; mutant: Mutant },
): Promise<GoldMutant> {
  const entry = (await store.list(treeish)).get(path)!;
  const blob = await store.writeBlob(applyMutant(source, mutant));
  return { path, mutant, tree: await store.change(treeish, new Map([[path, { mode: entry.mode, blob }]])) };
}
