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

/** The test that a result is of, the file that it says did not load, or nothing. */
export type TapPlace = { id: string } | { brokenFile: string } | undefined;

/**
 * A report in the Test Anything Protocol (https://testanything.org).
 *
 * @param read what a result is, given its name with those of the subtests around it, the outermost first
 * @param byFile the outermost results are of files, and what lies deeper than their subtests is a part of these
 */
export function parseTap(
  text: string,
  read: (names: readonly string[], diagnostic: unknown) => TapPlace,
  byFile = false,
): TestReport {
  const report = new ReportBuilder();
  const parser = new Parser();
  let failed = 0;
  listen(parser, []);
  parser.on('complete', (final: { bailout?: unknown; plan?: { end: number | null }; count: number }) => {
    const planned = final.plan?.end;
    report.finished = !final.bailout && planned !== null && planned !== undefined && planned <= final.count;
  });
  parser.end(text);
  return report.build();

  function listen(at: Parser, names: readonly string[]): void {
    const isFile = byFile && names.length === 0;
    let failedBefore: number | undefined;
    at.on('child', (child: Parser) => {
      failedBefore ??= failed;
      if (isFile || !byFile) listen(child, [...names, String(child.name ?? '')]);
    });
    at.on('assert', (result: TapResult) => {
      const hasChildren = failedBefore !== undefined && (isFile || !byFile);
      const failedInside = failedBefore !== undefined && failed > failedBefore;
      failedBefore = undefined;
      if (isFile && !result.ok && !failedInside)
        report.loadError(inRoot('', result.name), describe(result.diag) ?? 'It failed as a whole.');
      // The result after subtests sums them up; they stand for it.
      if (hasChildren && (isFile || result.ok || failedInside)) return;
      const place = read([...names, result.name], result.diag);
      const outcome = result.skip || result.todo ? 'skipped' : result.ok ? 'passed' : 'failed';
      if (place && 'brokenFile' in place)
        report.loadError(place.brokenFile, describe(result.diag) ?? result.name);
      else if (place) {
        if (outcome === 'failed') failed++;
        report.add(place.id, outcome, describe(result.diag));
      }
    });
  }
}

function describe(diag: unknown): string | undefined {
  return diag === undefined || diag === null ? undefined : JSON.stringify(diag, null, 1);
}
