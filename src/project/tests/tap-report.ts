import { Parser } from 'tap-parser';
import { ReportBuilder, type TestReport } from './report.ts';
import { inRoot } from './runner.ts';

interface TapResult {
  ok: boolean;
  name: string;
  skip?: unknown;
  todo?: unknown;
  diag?: unknown;
}

/**
 * A report in the Test Anything Protocol (https://testanything.org).
 *
 * @param idOf the id of a result, given the names of the subtests around it, the outermost first
 * @param depth how many levels of subtests are told apart; what lies deeper is a part of its test
 */
export function parseTap(
  text: string,
  idOf: (names: readonly string[]) => string,
  depth = Number.POSITIVE_INFINITY,
): TestReport {
  const report = new ReportBuilder();
  const parser = new Parser();
  listen(parser, []);
  parser.on('complete', (final: { bailout?: unknown; plan?: { end: number | null }; count: number }) => {
    const planned = final.plan?.end;
    report.finished = !final.bailout && planned !== null && planned !== undefined && planned <= final.count;
  });
  parser.end(text);
  return report.build();

  function listen(at: Parser, names: readonly string[]): void {
    let withChildren = 0;
    at.on('child', (child: Parser) => {
      withChildren++;
      if (names.length + 1 < depth) listen(child, [...names, String(child.name ?? '')]);
    });
    at.on('assert', (result: TapResult) => {
      // The result after a subtest sums it up; its own ones stand for it.
      const summary = withChildren > 0 && names.length + 1 < depth;
      withChildren = 0;
      if (summary && result.ok) return;
      const id = idOf([...names, result.name]);
      const skipped = result.skip || (result.todo && !result.ok);
      if (summary) report.loadError(inRoot('', names[0] ?? result.name), 'a subtest failed');
      else report.add(id, skipped ? 'skipped' : result.ok ? 'passed' : 'failed', describe(result.diag));
    });
  }
}

function describe(diag: unknown): string | undefined {
  return diag === undefined || diag === null ? undefined : JSON.stringify(diag, null, 1);
}
