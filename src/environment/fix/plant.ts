import type { TestPlan } from '../../project/index.ts';
import { withCanary } from './canary.ts';
import type { Factory } from './factory.ts';

/** Test files with a test in each that must fail. */
export async function plantCanaries(
  factory: Factory,
  treeish: string,
  plan: TestPlan,
  files: readonly string[],
  seed: string,
) {
  const { store } = factory;
  const tree = await store.list(treeish);
  const planted = [];
  for (const path of files) {
    const entry = tree.get(path);
    if (!entry) continue;
    const canary = withCanary(plan.runner, path, (await store.readBlob(entry.blob)).toString('utf8'), seed);
    if (canary)
      planted.push({
        path,
        is: canary.is,
        entry: { mode: entry.mode, blob: await store.writeBlob(canary.source) },
      });
  }
  return planted;
}
