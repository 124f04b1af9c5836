import { z } from 'zod';
import { ReportBuilder, type TestReport } from './report.ts';
import { inRoot, jsonOf, type Results, textOf } from './runner.ts';

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      message: z.string().optional(),
      assertionResults: z.array(
        z.object({
          ancestorTitles: z.array(z.string()),
          title: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

/** The JSON report of Jest, which Vitest writes as well. */
export function parseJestReport(results: Results, name: string, root: string): TestReport {
  const report = new ReportBuilder();
  const parsed = reportSchema.safeParse(jsonOf(textOf(results, name)));
  if (!parsed.success) return report.build();
  report.finished = true;
  for (const { name: path, message, assertionResults } of parsed.data.testResults) {
    const file = inRoot(root, path);
    if (assertionResults.length === 0 && message) report.loadError(file, message);
    for (const { ancestorTitles, title, status, failureMessages } of assertionResults) {
      const id = `${file}::${[...ancestorTitles.filter((one) => one !== ''), title].join(' > ')}`;
      const outcome = status === 'passed' || status === 'failed' ? status : 'skipped';
      report.add(id, outcome, failureMessages?.join('\n'));
    }
  }
  return report.build();
}
