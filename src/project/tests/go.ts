import { join, posix, relative } from 'node:path';
import { z } from 'zod';
import { COVERAGE_FILE } from './coverage.ts';
import { ReportBuilder } from './report.ts';
import { jsonLines, type TestRunner, textOf } from './runner.ts';

const REPORT = 'report.jsonl';

const eventSchema = z.object({
  Action: z.string(),
  Package: z.string().optional(),
  ImportPath: z.string().optional(),
  Test: z.string().optional(),
  Output: z.string().optional(),
  FailedBuild: z.string().optional(),
});

/**
 * `go test -json`. A test with subtests passes and fails with them, so only its subtests are counted; it counts itself
 * where it failed and none of them did.
 */
export const go: TestRunner = {
  name: 'go',
  shuffles: true,
  command: ({ plan, files, results, shuffle, coverage }) => ({
    argv: [
      'go',
      'test',
      '-json',
      '-vet=off',
      '-count=1',
      ...(shuffle === undefined ? [] : [`-shuffle=${shuffle}`]),
      ...(coverage ? ['-coverpkg=./...', `-coverprofile=${join(results, COVERAGE_FILE)}`] : []),
      ...plan.args,
      ...(files ? packagesOf(plan.folder, files) : plan.files.length > 0 ? plan.files : ['./...']),
    ],
    folder: plan.folder,
    env: {},
    stdout: REPORT,
  }),
  parse(results) {
    const report = new ReportBuilder();
    const outputs = new Map<string, string>();
    const outcomes = new Map<string, 'passed' | 'failed' | 'skipped'>();
    const running = new Set<string>();
    let wasCut = false;
    const cameToEnd = new Set<string>();
    for (const value of jsonLines(textOf(results, REPORT))) {
      const event = eventSchema.safeParse(value).data;
      if (!event) continue;
      const name = event.Package ?? event.ImportPath?.replace(/ \[.*$/, '') ?? '';
      const id = event.Test === undefined ? name : `${name}::${event.Test}`;
      const outcome = ({ pass: 'passed', fail: 'failed', skip: 'skipped' } as const)[event.Action];
      if (event.Action === 'output' || event.Action === 'build-output') {
        if (event.Test === undefined && /^(?:FAIL|PASS)\n?$/.test(event.Output ?? '')) cameToEnd.add(name);
        const before = outputs.get(id) ?? '';
        if (before.length < 8_000) outputs.set(id, before + (event.Output ?? ''));
      } else if (event.Test !== undefined) {
        if (event.Action === 'run') running.add(id);
        if (outcome !== undefined) outcomes.set(id, outcome);
      } else if (outcome !== undefined) {
        // A panic, an exit or the end of the time takes what had not begun along; otherwise the last word is this.
        if (outcome === 'failed' && event.FailedBuild === undefined && !cameToEnd.has(name)) wasCut = true;
        report.finished = !wasCut;
        const own = [...outcomes.keys()].some((test) => test.startsWith(`${name}::`));
        if (outcome === 'failed' && (event.FailedBuild !== undefined || !own))
          report.loadError(
            name,
            outputs.get(event.FailedBuild ?? name) ?? outputs.get(name) ?? 'build failed',
          );
      }
    }
    // A panic ends the process: what ran then has failed, and what had not begun is absent.
    for (const id of running) if (!outcomes.has(id)) outcomes.set(id, 'failed');
    const parents = new Map<string, string[]>();
    for (const id of outcomes.keys()) {
      const parent = parentOf(id, outcomes);
      if (parent !== undefined) parents.set(parent, [...(parents.get(parent) ?? []), id]);
    }
    for (const [id, outcome] of outcomes) {
      const children = parents.get(id) ?? [];
      const byItself = outcome === 'failed' && children.every((child) => outcomes.get(child) !== 'failed');
      if (children.length === 0 || byItself) report.add(id, outcome, outputs.get(id));
    }
    return report.build();
  },
};

/** The test around a subtest; names of subtests may hold slashes themselves. */
function parentOf(id: string, known: ReadonlyMap<string, unknown>): string | undefined {
  for (let at = id.lastIndexOf('/'); at > id.indexOf('::'); at = id.lastIndexOf('/', at - 1))
    if (known.has(id.slice(0, at))) return id.slice(0, at);
  return undefined;
}

/** The packages of test files, as `go` names them. */
function packagesOf(folder: string, files: readonly string[]): string[] {
  const packages = files.map((file) => `./${posix.dirname(relative(folder, file))}`);
  return [...new Set(packages.map((path) => (path === './.' ? '.' : path)))];
}
