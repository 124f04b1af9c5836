import type { ArtifactWritten } from '../thread/index.ts';
import type { Experiment } from './experiment.ts';
import { type AgentReport, reportAgents } from './report.ts';
import type { Estimate } from './statistics/clustered.ts';

/** The scores of an experiment for a person to read, comment and share: every figure with its n and its interval. */
export function reportArtifact(experiment: Experiment, version: number): ArtifactWritten {
  const { plan, summary } = experiment;
  const reports = reportAgents(experiment);
  const rows = reports.map(
    ({ agent, reward, rollouts, unscored, costUsd, seconds, steps }) =>
      `| ${cell(agent)} | ${reward ? estimate(reward) : 'no score'} | ${rollouts} | ${unscored} | ${costUsd === null ? 'unknown' : `$${costUsd.toFixed(2)}`} | ${seconds.median.toFixed(1)} s | ${steps.toFixed(1)} |`,
  );
  const attempts = plan.attempts > 1 ? `, ${plan.attempts} attempts each` : '';
  const text = `# ${cell(summary.title)}

${plan.tasks.length} tasks${attempts}.

| agent | reward, 95 % interval | rollouts | unscored | cost | median time | steps |
|---|---|---|---|---|---|---|
${rows.join('\n')}
${metrics(reports)}
Rollouts that the machine failed are unscored, and in no mean.
`;
  return {
    ...{ type: 'artifact.written', artifact: 'report', kind: 'report', title: `Scores of ${summary.title}` },
    ...{ version, mediaType: 'text/markdown', text, bytes: Buffer.byteLength(text) },
  };
}

function metrics(reports: readonly AgentReport[]): string {
  const names = [...new Set(reports.flatMap((report) => Object.keys(report.metrics)))];
  if (names.length === 0) return '';
  const rows = names.map(
    (name) =>
      `| ${cell(name)} | ${reports.map((report) => (report.metrics[name] ? estimate(report.metrics[name]) : '')).join(' | ')} |`,
  );
  return `
| metric | ${reports.map(({ agent }) => cell(agent)).join(' | ')} |
|---|${reports.map(() => '---|').join('')}
${rows.join('\n')}
`;
}

function estimate({ mean, n, clusters, interval }: Estimate): string {
  const between = interval ? `${interval[0].toFixed(3)} to ${interval[1].toFixed(3)}` : 'no interval';
  return `${mean.toFixed(3)} (${between}; n ${n}, ${clusters} clusters)`;
}

/** Text that cannot end the cell that it stands in. */
function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|');
}
