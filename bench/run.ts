/** `npm run bench [name…]`: every bench but those that download, or those named. Each prints ratios against a peer or a floor of the same run. */
import { cpus, totalmem } from 'node:os';

const BENCHES: Record<string, () => Promise<{ bench(): Promise<void> }>> = {
  version: () => import('./version.ts'),
  loop: () => import('./loop.ts'),
  append: () => import('./append.ts'),
  resume: () => import('./resume.ts'),
  acp: () => import('./acp.ts'),
  'acp-agents': () => import('./acp-agents.ts'),
  tui: () => import('./tui.ts'),
  web: () => import('./web.ts'),
  sandbox: () => import('./sandbox.ts'),
  mine: () => import('./mine.ts'),
  factory: () => import('./factory.ts'),
  'mine-fix': () => import('./mine-fix.ts'),
  index: () => import('./index-and-query.ts'),
};

/** They install what they measure, and run only where they are named. */
const DOWNLOADING = ['acp-agents', 'mine-fix'];

const wanted = process.argv.slice(2);
const usual = Object.keys(BENCHES).filter((name) => !DOWNLOADING.includes(name));
const { length: cores, 0: cpu } = cpus();
console.log(
  `${cpu?.model ?? 'unknown processor'}, ${cores} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`,
);
for (const name of wanted.length > 0 ? wanted : usual) {
  const load = BENCHES[name];
  if (!load) {
    console.error(`There is no bench ${name}; there are: ${Object.keys(BENCHES).join(', ')}.`);
    process.exitCode = 2;
    break;
  }
  console.log(`\n${name}`);
  await (await load()).bench();
}
