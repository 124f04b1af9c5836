import type { TestRun } from '../test-runs.ts';

/** A run in one line. */
export function describe({ report, seconds, timedOut, exceeded, exitCode }: TestRun): string {
  const count = (outcome: string) => report.cases.filter((one) => one.outcome === outcome).length;
  const facts = [`${count('passed')} passed`, `${count('failed')} failed`];
  if (count('skipped') > 0) facts.push(`${count('skipped')} skipped`);
  if (report.loadErrors.length > 0) facts.push(`${report.loadErrors.length} did not load`);
  if (timedOut) facts.push('timed out');
  else if (exceeded) facts.push(`used up its ${exceeded}`);
  else if (!report.finished) facts.push(`did not finish (exit code ${exitCode})`);
  return `${facts.join(', ')} in ${seconds.toFixed(1)} s`;
}
