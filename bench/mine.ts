import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { KINO, report, runNode, TELL_PEAK, withFolder } from './support/measure.ts';
import { syntheticRepository } from './support/synthetic.ts';

const COMMITS = 20_000;

/** Mining a long history, against `git log` alone as the floor. `KINO_BENCH_REPO` names a real repository instead. */
export async function bench(): Promise<void> {
  await withFolder(async (folder) => {
    const path = process.env.KINO_BENCH_REPO ?? join(folder, 'long');
    if (!process.env.KINO_BENCH_REPO)
      syntheticRepository(path, { files: 1_000, commits: COMMITS, lines: 12 });
    let began = performance.now();
    execFileSync('git', ['log', '--raw', '-z', '--no-abbrev', '-M100%'], {
      cwd: path,
      maxBuffer: 2 ** 30,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const floor = performance.now() - began;
    began = performance.now();
    const run = await runNode(
      [...TELL_PEAK, KINO, 'mine', 'localize', path, '--out', join(folder, 'tasks.jsonl'), '--json'],
      {
        env: { KINO_HOME: join(folder, 'home') },
      },
    );
    const { funnel } = JSON.parse(run.stdout) as { funnel: { commits: number; tasks: number } };
    console.log(
      `  ${funnel.commits} commits, ${funnel.tasks} tasks; git log alone ${Math.round(floor)} ms, mining ${Math.round(run.wall)} ms (ratio ${(run.wall / floor).toFixed(2)})`,
    );
    report('mine localize', funnel.commits / (run.wall / 1000), 'commits/s', 300, 'more');
    report('peak memory', run.peak, 'MB', 400);
  });
}
