/**
 * Learns the weights of `src/search/rank.ts` by listwise softmax regression: the score of a file is linear in its
 * signals, and the files of the answer share the probability mass of their task. Prints the weights, and F1 by
 * leaving one repository out.
 *
 *     node bench/finder/tune.ts <folder of clones> [tasks per repository]
 */
import { SIGNALS, type Signal } from '../../src/search/signals.ts';
import { collect, type Example } from './collect.ts';
import { clonesIn, TUNING } from './repositories.ts';

/** Files of a task that take part: the most likely ones; the rest would only slow it down. */
const CANDIDATES = 60;
const MARGINS = [0.5, 0.7, 0.85, 1];
const MOST = 5;

interface Case {
  repository: string;
  rows: number[][];
  gold: boolean[];
  answers: number;
}

function toCase(example: Example): Case {
  const { signals, paths } = example;
  const rough = (file: number) =>
    signals.content[file]! +
    0.5 * (signals.folders[file]! + signals.name[file]! + signals.profile[file]! + signals.scope[file]!);
  const order = [...paths.keys()].sort((a, b) => rough(b) - rough(a)).slice(0, CANDIDATES);
  return {
    repository: example.repository,
    rows: order.map((file) => SIGNALS.map((signal) => signals[signal][file]!)),
    gold: order.map((file) => example.gold.includes(paths[file]!)),
    answers: example.gold.length,
  };
}

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** Adam on the mean cross-entropy, with a little ridge. */
function learn(cases: readonly Case[]): number[] {
  const useful = cases.filter(({ gold }) => gold.includes(true));
  const size = SIGNALS.length;
  const weights = new Array<number>(size).fill(0);
  const first = new Array<number>(size).fill(0);
  const second = new Array<number>(size).fill(0);
  for (let step = 1; step <= 400; step++) {
    const gradient = weights.map((weight) => 1e-3 * weight);
    for (const { rows, gold } of useful) {
      const scores = rows.map((row) => dot(row, weights));
      const top = Math.max(...scores);
      const powers = scores.map((score) => Math.exp(score - top));
      const total = powers.reduce((sum, power) => sum + power, 0);
      const share = 1 / gold.filter(Boolean).length;
      rows.forEach((row, file) => {
        const error = powers[file]! / total - (gold[file] ? share : 0);
        for (let i = 0; i < size; i++) gradient[i]! += (error * row[i]!) / useful.length;
      });
    }
    for (let i = 0; i < size; i++) {
      first[i] = 0.9 * first[i]! + 0.1 * gradient[i]!;
      second[i] = 0.999 * second[i]! + 0.001 * gradient[i]! ** 2;
      weights[i]! -=
        (0.05 * (first[i]! / (1 - 0.9 ** step))) / (Math.sqrt(second[i]! / (1 - 0.999 ** step)) + 1e-8);
    }
  }
  return weights;
}

function f1({ rows, gold, answers }: Case, weights: readonly number[], margin: number): number {
  const scored = rows
    .map((row, file) => ({ score: dot(row, weights), right: gold[file]! }))
    .sort((a, b) => b.score - a.score);
  const named = scored.slice(0, MOST).filter(({ score }) => score > scored[0]!.score - margin);
  return (2 * named.filter(({ right }) => right).length) / (named.length + answers);
}

const [folder, count = '100'] = process.argv.slice(2);
if (folder === undefined) {
  console.error('node bench/finder/tune.ts <folder of clones> [tasks per repository]');
  process.exit(2);
}
const cases: Case[] = [];
for (const path of clonesIn(folder, TUNING)) cases.push(...(await collect(path, Number(count))).map(toCase));
const repositories = [...new Set(cases.map(({ repository }) => repository))];
for (const margin of MARGINS) {
  const means = repositories.map((left) => {
    const weights = learn(cases.filter(({ repository }) => repository !== left));
    const own = cases.filter(({ repository }) => repository === left);
    return own.reduce((sum, one) => sum + f1(one, weights, margin), 0) / own.length;
  });
  console.log(
    `margin ${margin}: F1 ${(means.reduce((sum, mean) => sum + mean, 0) / means.length).toFixed(4)}, mean of ${repositories.length} repositories left out in turn`,
  );
}
const learned = learn(cases);
const named: Record<Signal, number> = Object.fromEntries(
  SIGNALS.map((signal, i) => [signal, Number(learned[i]!.toFixed(2))]),
) as Record<Signal, number>;
console.log(named);
