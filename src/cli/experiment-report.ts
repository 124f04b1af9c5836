import {
  type AgentReport,
  type Comparison,
  comparePaired,
  type Estimate,
  type Experiment,
  reportAgents,
  resultsInOrder,
} from '../eval/index.ts';
import { dollars, fraction, paint, print, seconds, table } from './output.ts';

/** An experiment as one JSON document. */
export function toReport(experiment: Experiment) {
  return {
    experiment: experiment.summary.id,
    status: experiment.summary.status,
    plan: experiment.plan,
    agents: reportAgents(experiment),
    comparisons: comparisonsOf(experiment),
    rollouts: resultsInOrder(experiment).map(({ type: _, ...result }) => result),
  };
}

/** Each further agent against the first, where both have scored tasks. */
function comparisonsOf(experiment: Experiment): Comparison[] {
  const [first, ...others] = experiment.plan.agents.map(({ label }) => ({
    label,
    results: [...experiment.results.values()].filter((result) => result.agent === label),
  }));
  if (!first) return [];
  const scored = (side: typeof first) =>
    new Set(side.results.flatMap((result) => (result.reward === null ? [] : [result.task])));
  return others
    .filter((other) => !scored(first).isDisjointFrom(scored(other)))
    .map((other) => comparePaired(first, other));
}

/** The table at the end of an experiment, and what it lets one say. */
export function printExperiment(experiment: Experiment): void {
  const reports = reportAgents(experiment);
  const { plan, summary } = experiment;
  const attempts = plan.attempts > 1 ? ` × ${plan.attempts} attempts` : '';
  print(
    `${paint('bold', plan.environment)}: ${plan.tasks.length} tasks${attempts}, experiment ${summary.id}\n`,
  );
  // What is judged by a ranking of files has one more figure.
  const ranks = reports.some((report) => report.metrics.recall_at_5);
  print(
    table(
      [
        { title: 'agent' },
        { title: `${ranks ? 'F1' : 'solved'} (95 % interval)` },
        ...(ranks ? [{ title: 'recall@5 (95 % interval)' }] : []),
        { title: 'n', align: 'right' },
        { title: 'unscored', align: 'right' },
        { title: 'cost', align: 'right' },
        { title: 'median', align: 'right' },
        { title: 'p95', align: 'right' },
        { title: 'steps', align: 'right' },
      ],
      reports.map((report) => toRow(report, ranks)),
    ),
  );
  const by = reports.find((report) => report.reward)?.clusteredBy;
  const notes: string[] = [];
  if (by) notes.push(`Means over tasks; intervals clustered by ${by}.`);
  const missing = reports.reduce((sum, report) => sum + report.missing, 0);
  if (missing > 0) notes.push(`${missing} rollouts are still to be run.`);
  if (reports.some((report) => report.unscored > 0)) {
    notes.push(
      'Unscored rollouts failed for reasons that say nothing about the agent; --retry-unscored tries them again.',
    );
  }
  if (notes.length > 0) print(paint('dim', `\n${notes.join(' ')}`));
  const comparisons = comparisonsOf(experiment);
  if (comparisons.length > 0) print();
  for (const comparison of comparisons) printComparison(comparison);
}

function toRow(report: AgentReport, ranks: boolean): string[] {
  const shown = (estimate: Estimate | null | undefined) =>
    estimate ? `${fraction(estimate.mean)} ${intervalOf(estimate)}` : '–';
  return [
    report.agent,
    shown(report.reward),
    ...(ranks ? [shown(report.metrics.recall_at_5)] : []),
    String(report.reward?.n ?? 0),
    report.unscored > 0 ? paint('yellow', String(report.unscored)) : '0',
    dollars(report.costUsd),
    seconds(report.seconds.median),
    seconds(report.seconds.p95),
    report.steps.toFixed(1),
  ];
}

function intervalOf({ interval }: Estimate): string {
  return interval ? `(${fraction(interval[0])} to ${fraction(interval[1])})` : '(too few for an interval)';
}

/** One line: who is better and by how much, or that it cannot be told. */
export function printComparison({ a, b, difference, p, verdict, unpaired }: Comparison): void {
  const gap = `${difference.mean >= 0 ? '+' : ''}${fraction(difference.mean)} ${intervalOf(difference)}`;
  const facts = [
    `n = ${difference.n}`,
    ...(p === undefined ? [] : [p < 0.001 ? 'p < .001' : `p = ${fraction(p)}`]),
  ];
  if (unpaired > 0) facts.push(`${unpaired} tasks scored on one side only`);
  const says =
    verdict === 'not distinguishable'
      ? paint('yellow', verdict)
      : paint('green', verdict === 'a is better' ? `${a} is better` : `${b} is better`);
  print(`${a} − ${b}: ${gap}, ${facts.join(', ')}: ${says}`);
}
