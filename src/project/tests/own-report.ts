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
  z.object({ type: z.literal('end') }),
]);

/** The report of one of Kino's own reporters (`assets/reporters`): a line for each test, and one at the end. */
export function parseOwnReport(results: Results, root: string): TestReport {
  const report = new ReportBuilder();
  for (const value of jsonLines(textOf(results, OWN_REPORT))) {
    const line = lineSchema.safeParse(value).data;
    if (line?.type === 'case')
      report.add(joined(inRoot(root, line.file), line.name), line.outcome, line.message);
    else if (line?.type === 'load-error') report.loadError(inRoot(root, line.file), line.message);
    else if (line?.type === 'end') report.finished = true;
  }
  return report.build();
}

function joined(file: string, name: string): string {
  return file === '' || file === '.' ? name : `${file}::${name}`;
}
