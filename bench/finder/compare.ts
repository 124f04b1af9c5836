/**
 * The finder against plain BM25 and against a careful baseline, on repositories on which nothing was tuned.
 *
 *     node bench/finder/compare.ts <folder of clones> [tasks per repository]
 */

import { estimateMean } from '../../src/eval/statistics/clustered.ts';
import { howMany, RANKING, scoreFiles } from '../../src/search/rank.ts';
import { SIGNALS, type Signal } from '../../src/search/signals.ts';
import { collect, type Example } from './collect.ts';
import { clonesIn, HELD_OUT } from './repositories.ts';

interface System {
  name: string;
  /** The scores of an example's files. */
  score: (signals: Record<Signal, Float64Array>) => Float64Array;
  /** How many of the best are named. */
  cut: (scores: readonly number[]) => number;
}

/** Files of at least .85 of the best, at most 4: the cut of the baseline. */
const relativeCut = (scores: readonly number[]) => {
  const best = scores[0] ?? 0;
  return best <= 0 ? 0 : scores.slice(0, 4).filter((score) => score >= 0.85 * best).length;
};
const weighted = (weights: Partial<Record<Signal, number>>) => (signals: Record<Signal, Float64Array>) =>
  signals.content.map((_, file) =>
    SIGNALS.reduce((sum, signal) => sum + (weights[signal] ?? 0) * signals[signal][file]!, 0),
  );

const SYSTEMS: System[] = [
  { name: 'plain BM25, identifiers split', score: weighted({ content: 1 }), cut: relativeCut },
  {
    // Path .45 and basename .1, commit scope .45, definitions .2, commit neighbours .45, recency .2, co-change .1.
    name: 'careful baseline, rebuilt',
    score: weighted({
      content: 1,
      folders: 0.45,
      name: 0.55,
      scope: 0.45,
      definitions: 0.2,
      neighbours: 0.45,
      recency: 0.2,
      cochange: 0.1,
    }),
    cut: relativeCut,
  },
  {
    name: 'kino',
    score: (signals) => scoreFiles(signals, RANKING),
    cut: (scores) => howMany(scores, RANKING),
  },
];

interface Result {
  repository: string;
  f1: number;
  recall: [at1: number, at5: number, at10: number];
  mrr: number;
}

function judge({ signals, paths, gold, repository }: Example, system: System): Result {
  const arrays = Object.fromEntries(
    SIGNALS.map((signal) => [signal, Float64Array.from(signals[signal])]),
  ) as Record<Signal, Float64Array>;
  const scores = system.score(arrays);
  const order = [...paths.keys()].sort((a, b) => scores[b]! - scores[a]!);
  const named = order.slice(0, system.cut(order.map((file) => scores[file]!)));
  const right = (files: readonly number[]) => files.filter((file) => gold.includes(paths[file]!)).length;
  const first = order.findIndex((file) => gold.includes(paths[file]!));
  const recall = (k: number) => right(order.slice(0, k)) / gold.length;
  return {
    repository,
    f1: (2 * right(named)) / (named.length + gold.length),
    recall: [recall(1), recall(5), recall(10)],
    mrr: first === -1 ? 0 : 1 / (first + 1),
  };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const show = (value: number) => value.toFixed(3).replace(/^(-?)0\./, '$1.');
const interval = (values: readonly { value: number; cluster: string }[]) => {
  const [low, high] = estimateMean(values).interval ?? [Number.NaN, Number.NaN];
  return `(${show(low)} to ${show(high)})`;
};

const [folder, count = '100'] = process.argv.slice(2);
if (folder === undefined) {
  console.error('node bench/finder/compare.ts <folder of clones> [tasks per repository]');
  process.exit(2);
}
const examples: Example[] = [];
for (const path of clonesIn(folder, HELD_OUT)) {
  const own = await collect(path, Number(count));
  examples.push(...own);
  const f1 = SYSTEMS.map((system) => show(mean(own.map((example) => judge(example, system).f1))));
  console.log(
    `${own[0]?.repository}: ${own.length} tasks, ${own.at(-1)?.paths.length} source files, F1 ${f1.join(' / ')}`,
  );
}
console.log(`\n${examples.length} tasks; intervals: by task, then clustered by repository`);
const results = SYSTEMS.map((system) => examples.map((example) => judge(example, system)));
const both = (values: readonly { value: number; repository: string }[]) =>
  `${interval(values.map(({ value }, i) => ({ value, cluster: String(i) })))} ${interval(values.map(({ value, repository }) => ({ value, cluster: repository })))}`;
SYSTEMS.forEach((system, at) => {
  const own = results[at]!;
  const recall = [0, 1, 2].map((k) => show(mean(own.map((result) => result.recall[k]!)))).join(' ');
  console.log(
    `${system.name.padEnd(30)} recall@1 @5 @10 ${recall}  MRR ${show(mean(own.map(({ mrr }) => mrr)))}  F1 ${show(mean(own.map(({ f1 }) => f1)))} ${both(own.map(({ f1, repository }) => ({ value: f1, repository })))}`,
  );
});
const kino = results.at(-1)!;
SYSTEMS.slice(0, -1).forEach((system, at) => {
  const gaps = kino.map((result, i) => ({
    value: result.f1 - results[at]![i]!.f1,
    repository: result.repository,
  }));
  console.log(`kino − ${system.name}: ${show(mean(gaps.map(({ value }) => value)))} ${both(gaps)}`);
});
