import { join } from 'node:path';
import { KINO, median, report, runNode, TELL_PEAK, withFolder } from './support/measure.ts';
import { type Served, startServer } from './support/served.ts';

const TURNS = 20;
const BARE = join(import.meta.dirname, 'support', 'bare-loop.ts');

/** The median time between two requests of a program that does nothing but ask and run `echo`. */
async function floorBetweenTurns(sandbox: string): Promise<number> {
  const gaps: number[] = [];
  for (let i = 0; i < 4; i++) {
    const server = await startServer(TURNS);
    await runNode([BARE, server.url, String(TURNS), sandbox]);
    gaps.push(...gapsOf(await server.stop()));
  }
  return median(gaps);
}

function gapsOf(served: readonly Served[]): number[] {
  return served.slice(1).map(({ at }, index) => at - served[index]!.at);
}

/** A scripted run of twenty turns, `echo` each turn, through `kino run`. */
export async function bench(): Promise<void> {
  for (const sandbox of ['danger-full-access', 'workspace-write']) {
    const first: number[] = [];
    const wall: number[] = [];
    const gaps: number[] = [];
    let peak = 0;
    let bytes: number[] = [];
    await withFolder(async (folder) => {
      for (let i = 0; i < 9; i++) {
        const server = await startServer(TURNS);
        const measured = i === 8;
        const run = await runNode(
          [
            ...(measured ? TELL_PEAK : []),
            ...[KINO, 'run', 'go', '--model', 'openai-compatible/scripted', '--base-url', `${server.url}/v1`],
            ...['--sandbox', sandbox, '--mode', 'bypass', '--output', 'json'],
          ],
          { cwd: folder, env: { KINO_HOME: join(folder, '.home') } },
        );
        const served = await server.stop();
        if (measured) peak = run.peak;
        if (i < 2 || measured) continue;
        first.push(served[0]!.at - run.startedAt);
        wall.push(run.wall / 1000);
        gaps.push(...gapsOf(served));
        bytes = served.map((one) => one.bytes);
      }
    });
    console.log(`  ${sandbox}: ${TURNS} turns, medians of 6 runs`);
    report('first request after start', median(first), 'ms', 300);
    report('whole run', median(wall), 's', 0.75);
    const floor = await floorBetweenTurns(sandbox);
    const turn = median(gaps);
    console.log(
      `       between requests ${turn.toFixed(1)} ms; a bare loop (fetch, the same command) ${floor.toFixed(1)} ms; ratio ${(turn / floor).toFixed(2)}`,
    );
    report('overhead between turns', turn - floor, 'ms', 5);
    report('peak memory', peak, 'MB', 130);
    report('first request', bytes[0]! / 1000, 'KB', 8);
    report('sent in all', bytes.reduce((sum, one) => sum + one, 0) / 1000, 'KB', 180);
  }
}
