/** `npm run bench [name…]`: every bench, or those named. Each prints ratios against a peer or a floor of the same run. */
import { cpus, totalmem } from 'node:os';

const BENCHES: Record<string, () => Promise<{ bench(): Promise<void> }>> = {
  version: () => import('./version.ts'),
  loop: () => import('./loop.ts'),
  append: () => import('./append.ts'),
  acp: () => import('./acp.ts'),
  sandbox: () => import('./sandbox.ts'),
  mine: () => import('./mine.ts'),
  index: () => import('./index-and-query.ts'),
};

const wanted = process.argv.slice(2);
const { length: cores, 0: cpu } = cpus();
console.log(
  `${cpu?.model ?? 'unknown processor'}, ${cores} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`,
);
for (const name of wanted.length > 0 ? wanted : Object.keys(BENCHES)) {
  const load = BENCHES[name];
  if (!load) {
    console.error(`There is no bench ${name}; there are: ${Object.keys(BENCHES).join(', ')}.`);
    process.exitCode = 2;
    break;
  }
  console.log(`\n${name}`);
  await (await load()).bench();
}
