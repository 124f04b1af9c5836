import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ShellJob } from './shell.ts';
import { failure, success, type Tool } from './tool.ts';

const MAX_BYTES = 16_000;
const MAX_SECONDS = 300;

const input = z.object({
  job: z.string().optional().describe('Without it all jobs are listed'),
  wait: z.number().min(0).max(MAX_SECONDS).optional().describe('Seconds to wait for its end'),
  end: z.boolean().optional(),
});

/** Reads what a background job has written since it was last read, waits for it, or ends it. */
export const jobsTool: Tool<z.infer<typeof input>> = {
  name: 'jobs',
  kind: 'think',
  description: 'Read the new output of a background job, wait for it, or end it.',
  input,
  access: () => ({}),
  async run({ job: id, wait = 0, end = false }, { shell, signal }) {
    if (id === undefined) {
      const listed = shell.jobs().map((job) => `${job.id} ${stateOf(job)}: ${job.command}`);
      return success(listed.join('\n') || 'There are no jobs.');
    }
    const job = shell.job(id);
    if (!job) {
      const known = shell.jobs().map((one) => one.id);
      return failure(
        `There is no job ${id}. ${known.length > 0 ? `Jobs: ${known.join(', ')}.` : 'None was started.'}`,
      );
    }
    if (end) await shell.end(id);
    else if (wait > 0 && !job.ended) {
      const enough = new AbortController();
      const timer = sleep(wait * 1000, undefined, { signal: AbortSignal.any([signal, enough.signal]) });
      await Promise.race([job.done, timer.catch(() => {})]);
      enough.abort();
    }
    const { text, skipped } = shell.readNew(id, MAX_BYTES);
    const cut = skipped > 0 ? `[… ${skipped} bytes before this …]\n` : '';
    return success(`[${id} ${stateOf(job)}]\n${cut}${text.trimEnd() || '[no new output]'}`);
  },
};

function stateOf({ ended, startedAt }: ShellJob): string {
  if (!ended) return `runs for ${Math.round((Date.now() - startedAt) / 1000)} s`;
  if ('failed' in ended) return `failed to start: ${ended.failed}`;
  if (ended.aborted) return 'was ended';
  return ended.exitCode === null
    ? `was killed by ${ended.signal ?? 'its time limit'}`
    : `ended with ${ended.exitCode}`;
}
