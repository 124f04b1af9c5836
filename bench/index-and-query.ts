import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { openRepository, resolveCommit } from '../src/git/index.ts';
import { RepositoryIndex } from '../src/search/index.ts';
import { median, percentile, report, withFolder } from './support/measure.ts';
import { syntheticRepository } from './support/synthetic.ts';

const FILES = 5_000;

/** Indexing cold, the next commits, and queries; reading every file with `git grep` is the floor. */
export async function bench(): Promise<void> {
  await withFolder(async (folder) => {
    const path = process.env.KINO_BENCH_REPO ?? join(folder, 'wide');
    if (!process.env.KINO_BENCH_REPO) syntheticRepository(path, { files: FILES, commits: 400, lines: 120 });
    let began = performance.now();
    execFileSync('git', ['grep', '-c', 'parseToken', 'HEAD'], {
      cwd: path,
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    const floor = performance.now() - began;

    const repository = await openRepository(path);
    const index = new RepositoryIndex(repository);
    const commits = await Promise.all(
      Array.from({ length: 21 }, (_, back) => resolveCommit(repository, `HEAD~${20 - back}`)),
    );
    began = performance.now();
    const first = await index.signals('nothing', commits[0]!);
    const cold = performance.now() - began;
    const files = first.paths.length;
    console.log(
      `  ${files} files: cold ${Math.round(cold)} ms, one git grep ${Math.round(floor)} ms (ratio ${(cold / floor).toFixed(2)})`,
    );
    report('cold index per 1,000 files', cold / 1000 / (files / 1000), 's', 1);

    const next: number[] = [];
    for (const commit of commits.slice(1)) {
      began = performance.now();
      await index.signals('nothing', commit);
      next.push(performance.now() - began);
    }
    report("the next commit's tree, median of 20", median(next), 'ms', 100);

    const words = first.paths.flatMap((one) => one.split(/[/.-]/)).filter((word) => /^[a-z]{4,}$/.test(word));
    const queries: number[] = [];
    for (let i = 0; i < 200; i++) {
      const pick = (step: number) => words[(i * 37 + step * 101) % words.length]!;
      const text = `The ${pick(1)} loses its ${pick(2)} when ${pick(3)} is ${pick(4)}\n\nIt happens after the ${pick(5)} ${pick(6)} was ${pick(7)}.`;
      began = performance.now();
      await index.find(text, commits.at(-1)!);
      if (i >= 20) queries.push(performance.now() - began);
    }
    console.log(`  query: median ${median(queries).toFixed(1)} ms`);
    report('query p95', percentile(queries, 0.95), 'ms', 20);
  });
}
