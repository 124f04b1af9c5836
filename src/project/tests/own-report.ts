import { z } from 'zod';
import { ReportBuilder, type TestReport } from './report.ts';
import { inRoot, jsonLines, type Results, textOf } from './runner.ts';

/** Where Kino's own reporters write. */
export const OWN_REPORT = 'report.jsonl';

const lineSchema = z.union([
  z.object({
    type: z.literal('case'),
    file: z.string(),
    name: z.string(),
    outcome: z.enum(['passed', 'failed', 'skipped']),
    message: z.string().optional(),
  }),
  z.object({ type: z.literal('load-error'), file: z.string(), message: z.string() }),
  // Whether a test or a suite: what has begun, and a suite that is over.
  z.object({ type: z.enum(['start', 'over']), file: z.string(), name: z.string() }),
  z.object({ type: z.literal('end') }),
]);

/**
 * The report of one of Kino's own reporters (`assets/reporters`): a line where a test begins and one where it ends, and
 * one at the end of all. A test that has begun and not ended hangs, or has taken the process with it: it has failed.
 */
export function parseOwnReport(results: Results, root: string): TestReport {
  const report = new ReportBuilder();
  const begun = new Map<string, number>();
  const count = (id: string, by: number) => begun.set(id, (begun.get(id) ?? 0) + by);
  for (const value of jsonLines(textOf(results, OWN_REPORT))) {
    const line = lineSchema.safeParse(value).data;
    if (line?.type === 'case') {
      const id = joined(inRoot(root, line.file), line.name);
      count(id, -1);
      report.add(id, line.outcome, line.message);
    } else if (line?.type === 'start' || line?.type === 'over')
      count(joined(inRoot(root, line.file), line.name), line.type === 'start' ? 1 : -1);
    else if (line?.type === 'load-error') report.loadError(inRoot(root, line.file), line.message);
    else if (line?.type === 'end') report.finished = true;
  }
  const left = [...begun].filter(([, times]) => times > 0).map(([id]) => id);
  // A suite is in the middle of a test.
  for (const id of left)
    if (![...begun.keys()].some((other) => other.startsWith(`${id} > `)))
      report.add(id, 'failed', 'It did not end.');
  return report.build();
}

function joined(file: string, name: string): string {
  return file === '' || file === '.' ? name : `${file}::${name}`;
}
