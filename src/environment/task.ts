import { createHash } from 'node:crypto';
import { z } from 'zod';

const commitId = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);

/** What is asked, where it starts, how it is judged: one row of an environment file. */
export const taskSchema = z.strictObject({
  /** A hash of what makes the task what it is; the same from run to run and from clone to clone. */
  id: z.string().regex(/^[0-9a-f]{16}$/),
  kind: z.literal('localize'),
  repository: z.strictObject({
    name: z.string(),
    /** Where it is on this machine. */
    path: z.string(),
    /** A hash of its first commits: the same in every clone. */
    identity: z.string(),
  }),
  /** The commit that the work starts from. */
  base: commitId,
  statement: z.string().min(1),
  answer: z.strictObject({ files: z.array(z.string()).min(1) }),
  /** Where it comes from. Nobody who tries the task is shown this. */
  source: z.strictObject({ commit: commitId, time: z.int(), subject: z.string() }),
});

export type Task = z.infer<typeof taskSchema>;

/** The id of a task: 16 hex digits over all that is asked and judged, and nothing of this machine. */
export function taskId(task: Omit<Task, 'id'>): string {
  const { kind, repository, base, statement, answer } = task;
  const content = JSON.stringify([kind, repository.identity, base, statement, [...answer.files].sort()]);
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}
