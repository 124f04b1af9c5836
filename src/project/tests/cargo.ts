import { join } from 'node:path';
import { z } from 'zod';
import { ReportBuilder } from './report.ts';
import { jsonLines, type TestRunner, textOf } from './runner.ts';

const REPORT = 'report.jsonl';

const eventSchema = z.union([
  z.object({
    type: z.literal('test'),
    target: z.string(),
    event: z.string(),
    name: z.string(),
    stdout: z.string().optional(),
  }),
  z.object({ type: z.literal('load-error'), file: z.string(), message: z.string() }),
  z.object({ type: z.literal('end') }),
]);

/**
 * Cargo's libtest: the test programs are built, and each is run with its JSON format, which a stable toolchain gives
 * when told that it is the bootstrapping one; building is not told so, because crates would notice.
 */
export const cargo: TestRunner = {
  name: 'cargo',
  shuffles: true,
  command: ({ plan, results, reporters, build, programs, shuffle }) => ({
    argv: [programs.node, join(reporters, 'cargo.mjs'), join(results, REPORT), ...plan.args],
    folder: plan.folder,
    env: {
      CARGO_TARGET_DIR: build,
      CARGO_NET_OFFLINE: 'true',
      ...(shuffle !== undefined && { KINO_SHUFFLE: String(shuffle) }),
    },
  }),
  parse(results) {
    const report = new ReportBuilder();
    const begun = new Set<string>();
    for (const value of jsonLines(textOf(results, REPORT))) {
      const event = eventSchema.safeParse(value).data;
      if (event?.type === 'end') report.finished = true;
      else if (event?.type === 'load-error') report.loadError(event.file, event.message);
      else if (event?.type === 'test') {
        const id = `${event.target}::${event.name}`;
        if (event.event === 'started') begun.add(id);
        else {
          begun.delete(id);
          const outcome = event.event === 'ok' ? 'passed' : event.event === 'ignored' ? 'skipped' : 'failed';
          report.add(id, outcome, event.stdout);
        }
      }
    }
    // An abort ends the process in the middle of a test.
    for (const id of begun) report.add(id, 'failed', 'The test program ended while it ran.');
    return report.build();
  },
};
