import { rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Candidate, type FixTask, loadFixMining } from '../src/environment/index.ts';
import { openRepository } from '../src/git/index.ts';
import { median, report, withFolder } from './support/measure.ts';

/** Of the changes of source and tests in each repository so many are examined. */
const CANDIDATES = Number(process.env.KINO_BENCH_CANDIDATES ?? 8);

/**
 * Mines real repositories twice: with nothing there, and again with the set-ups but without the runs. Names them in
 * `KINO_BENCH_REPOS`, separated as in PATH; it downloads what they depend on.
 */
export async function bench(): Promise<void> {
  const paths = (process.env.KINO_BENCH_REPOS ?? '').split(delimiter).filter((path) => path !== '');
  if (paths.length === 0) return console.log('  KINO_BENCH_REPOS names no repository');
  const cold: number[] = [];
  const warm: number[] = [];
  let judged = 0;
  let examined = 0;
  let agreed = 0;
  for (const path of paths) {
    await withFolder(async (folder) => {
      const home = join(folder, 'home');
      const first = await mine(path, home);
      rmSync(join(home, 'runs'), { recursive: true, force: true });
      const again = await mine(path, home);
      cold.push(...first.map(({ seconds }) => seconds));
      warm.push(...again.map(({ seconds }) => seconds));
      examined += first.length;
      judged += first.filter(({ verdict }) => !first[0]!.unjudged.has(verdict)).length;
      const same = first.filter(({ verdict }, at) => again[at]?.verdict === verdict).length;
      agreed += same;
      const verdicts = Map.groupBy(first, ({ verdict }) => verdict);
      console.log(
        `  ${path}: ${first.length} changes of source and tests, cold ${median(first.map(({ seconds }) => seconds)).toFixed(1)} s, warm ${median(again.map(({ seconds }) => seconds)).toFixed(1)} s each (medians), ${same} verdicts the same; ${[...verdicts].map(([verdict, own]) => `${own.length} ${verdict}`).join(', ')}`,
      );
    });
  }
  report('seconds a candidate, cold', median(cold), 's', 60);
  report('seconds a candidate, set-up cached', median(warm), 's', 10);
  report('of them judged', judged / examined, '', 0.7, 'more');
  report(
    'memory of mining at its most, without the tests',
    process.resourceUsage().maxRSS / 1024,
    'MB',
    1024,
  );
  report('verdicts on which two runs agree', agreed / examined, '', 1, 'more');
}

/** Verdicts that are reached without looking at what a change does. */
const CHEAP = new Set(['first', 'merge', 'bot', 'version', 'revert', 'noSource', 'noTests', 'huge']);

async function mine(path: string, home: string) {
  const { mineFix, FIX_REASONS, UNJUDGED } = await loadFixMining();
  const cheap = new Set<string>(
    Object.entries(FIX_REASONS).flatMap(([name, reason]) => (CHEAP.has(name) ? [reason] : [])),
  );
  const seen: { verdict: string; seconds: number; unjudged: ReadonlySet<string> }[] = [];
  let started = performance.now();
  for await (const candidate of mineFix(await openRepository(path), { place: { home }, jobs: 1 })) {
    const seconds = (performance.now() - started) / 1000;
    started = performance.now();
    const verdict = verdictOf(candidate);
    if (cheap.has(verdict)) continue;
    seen.push({ verdict, seconds, unjudged: UNJUDGED });
    if (seen.length === CANDIDATES) break;
  }
  return seen;
}

function verdictOf(candidate: Candidate<FixTask>): string {
  return 'task' in candidate ? 'task' : candidate.dropped;
}
