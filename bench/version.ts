import { KINO, median, report, runNode, TELL_PEAK } from './support/measure.ts';

/** `kino --version` against `node -e 0`, in turn. */
export async function bench(): Promise<void> {
  const kino: number[] = [];
  const node: number[] = [];
  for (let i = 0; i < 22; i++) {
    const a = await runNode([KINO, '--version']);
    const b = await runNode(['-e', '0']);
    if (i < 2) continue;
    kino.push(a.wall);
    node.push(b.wall);
  }
  const { peak } = await runNode([...TELL_PEAK, KINO, '--version']);
  console.log(
    `  kino --version ${median(kino).toFixed(1)} ms, node -e 0 ${median(node).toFixed(1)} ms (medians of 20)`,
  );
  report('kino --version over node -e 0', median(kino) / median(node), 'times', 2);
  report('memory', peak, 'MB', 80);
}
