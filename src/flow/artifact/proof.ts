import { changingSteps } from '../../agent/index.ts';
import type { ThreadEvent } from '../../thread/index.ts';

/** A command that a walkthrough calls upon, with what the thread's own record says of it. */
export interface Proof {
  command: string;
  /** `passed` and `failed` as it ended the last time; `not-run` where the thread knows nothing of it. */
  result: 'passed' | 'failed' | 'not-run';
  /** Files were changed after it ran: what it says may no longer be so. */
  isOld: boolean;
  durationMs?: number;
  /** It passed as a runner that says that it ran no test. */
  ranNone?: boolean;
  /** The end of what it printed. */
  output: string;
}

/** So much of the end of an output is shown. */
const MAX_LINES = 15;
const MAX_CHARS = 1_500;
/** How runners say that there was nothing to run. */
const RAN_NONE =
  /^(?:# tests 0|ℹ tests 0|1\.\.0|Ran 0 tests\b.*|.*\b(?:collected 0 items|no tests ran|no tests? found|No test files found|0 passing)\b.*|running 0 tests|\?\s+\S+\s+\[no test files\])\s*$/im;

/** What a thread's record says of commands: its author has no say in it. */
export function proofOf(events: readonly ThreadEvent[], commands: readonly string[]): Proof[] {
  const changed = Math.max(0, ...changingSteps(events).map(({ step }) => step));
  const runs = new Map<string, { step: number; ok: boolean; output: string; durationMs: number }>();
  const begun = new Map<string, string>();
  for (const event of events) {
    // Other tools take no command; what a model says to them is no proof of one.
    if (event.type === 'tool.started' && event.tool === 'bash') {
      const { command, background } = (event.input ?? {}) as { command?: unknown; background?: unknown };
      // What was only started has no result.
      if (typeof command === 'string' && background !== true)
        begun.set(`${event.step}:${event.callId}`, command.trim());
    } else if (event.type === 'tool.ended') {
      const command = begun.get(`${event.step}:${event.callId}`);
      const { step, ok, output, durationMs } = event;
      if (command !== undefined) runs.set(command, { step, ok, output, durationMs });
    }
  }
  return commands.map((given) => {
    const command = given.trim();
    const run = runs.get(command);
    if (!run) return { command, result: 'not-run', isOld: false, output: '' };
    const { step, ok, output, durationMs } = run;
    return {
      ...({ command, result: ok ? 'passed' : 'failed', isOld: changed > step } as const),
      ...{ durationMs, output: endOf(output), ...(ok && RAN_NONE.test(output) && { ranNone: true }) },
    };
  });
}

/** Proof as a part of a Markdown text. */
export function proofMarkdown(proof: readonly Proof[]): string {
  const each = proof.map(({ command, result, isOld, durationMs, ranNone, output }) => {
    const time = durationMs === undefined ? '' : `, ${(durationMs / 1000).toFixed(1)} s`;
    const said = {
      passed: ranNone ? `– passed, but ran no test${time}` : `✓ passed${time}`,
      failed: `✗ failed${time}`,
      'not-run': '✗ was not run in this thread',
    }[result];
    const old = isOld ? '; files were changed after it ran' : '';
    const fence = '`'.repeat(
      Math.max(3, ...[...`${command}${output}`.matchAll(/`+/g)].map(([run]) => run.length + 1)),
    );
    return `${said}${old}\n\n${fence}text\n$ ${command}${output === '' ? '' : `\n${output}`}\n${fence}`;
  });
  return `## Proof\n\nAs Kino recorded it.\n\n${each.join('\n\n')}\n`;
}

function endOf(output: string): string {
  const lines = output.trimEnd().split('\n');
  const text = lines.slice(-MAX_LINES).join('\n').slice(-MAX_CHARS);
  return lines.length > MAX_LINES || text.length < output.trimEnd().length ? `…\n${text}` : text;
}
