import { createHash } from 'node:crypto';
import { z } from 'zod';
import { testPlanSchema } from '../project/index.ts';

const commitId = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);

const repositorySchema = z.strictObject({
  name: z.string(),
  /** Where it is on this machine. In a file of that repository it is relative to the file. */
  path: z.string(),
  /** A hash of its first commits: the same in every clone. */
  identity: z.string(),
});

const common = {
  /** A hash of what makes the task what it is; the same from run to run and from clone to clone. */
  id: z.string().regex(/^[0-9a-f]{16}$/),
  repository: repositorySchema,
  /** The commit that the work starts from. */
  base: commitId,
  statement: z.string().min(1),
};

/** Find the files that a change must touch. */
const localizeTaskSchema = z.strictObject({
  ...common,
  kind: z.literal('localize'),
  answer: z.strictObject({ files: z.array(z.string()).min(1) }),
  /** Where it comes from. Nobody who tries the task is shown this. */
  source: z.strictObject({ commit: commitId, time: z.int(), subject: z.string() }),
});

/** What is known of how good a task is; shares are in 0..1. */
const qualitySchema = z.strictObject({
  /** Of the mutants of the gold patch the share that the tests kill; null where there are none. */
  strength: z.strictObject({ killed: z.int(), mutants: z.int(), share: z.number().nullable() }),
  leaks: z.array(z.string()),
  specification: z.strictObject({
    words: z.int(),
    /** Names that the tests use, that only the gold patch introduces, and that the statement does not say. */
    unsaid: z.array(z.string()),
  }),
  difficulty: z.strictObject({
    files: z.int(),
    hunks: z.int(),
    lines: z.int(),
    trivial: z.boolean().nullable(),
  }),
  /** Why it is no better; empty for a task that passes the strict bar. */
  concerns: z.array(z.string()),
});
export type Quality = z.infer<typeof qualitySchema>;

/** Change the code so that tests pass. */
const fixTaskSchema = z.strictObject({
  ...common,
  kind: z.literal('fix'),
  /** What makes the workspace from the base: a bug that was put in. */
  start: z.string().optional(),
  /** How tests run, and what they run on. */
  tests: z.strictObject({
    plan: testPlanSchema,
    /** The test files that judge. */
    files: z.array(z.string()).min(1),
    /** What verification puts over the base: tests, their data, configuration and lockfiles of the fix. */
    patch: z.string(),
    failToPass: z.array(z.string()).min(1),
    passToPass: z.array(z.string()),
    /** Tests that do not always end the same; they judge nothing. */
    quarantined: z.array(z.strictObject({ id: z.string(), why: z.enum(['flaky', 'order', 'time']) })),
    /** Run these files alone, or the whole suite. */
    scope: z.enum(['files', 'suite']),
    /** Test files that a test which must fail can be put into, to tell whether failures are still seen. */
    canaries: z.array(z.string()),
    /** The longest that a run may take, in seconds. */
    seconds: z.number().positive(),
  }),
  setup: z.strictObject({
    tool: z.string(),
    key: z.string(),
    /** The commit whose manifests and lockfiles decide what is installed. */
    commit: commitId,
    /** Programs with the versions that it was validated with. */
    toolchain: z.record(z.string(), z.string()),
    notes: z.array(z.string()),
  }),
  /** The change that was really made. Nobody who tries the task is shown this, but the baseline `oracle`. */
  gold: z.strictObject({ patch: z.string().min(1) }),
  quality: qualitySchema,
  source: z.strictObject({
    kind: z.enum(['commit', 'merge', 'bug']),
    commit: commitId,
    time: z.int(),
    subject: z.string(),
  }),
});

/** A task of Harbor's format, which lies in a folder of its own. */
const harborTaskSchema = z.strictObject({
  id: common.id,
  kind: z.literal('harbor'),
  /** "org/name", or the folder's name. */
  name: z.string(),
  /** Where it is on this machine. */
  folder: z.string(),
  /** What it held when it was imported. */
  digest: z.string(),
  /** The dataset, or the folder that the tasks were imported from: what they have in common. */
  dataset: z.string(),
  statement: z.string().min(1),
});

export type HarborRow = z.infer<typeof harborTaskSchema>;
export type LocalizeTask = z.infer<typeof localizeTaskSchema>;
export type FixTask = z.infer<typeof fixTaskSchema>;

/** What is asked, where it starts, how it is judged: one row of an environment file. */
export const taskSchema = z.discriminatedUnion('kind', [localizeTaskSchema, fixTaskSchema, harborTaskSchema]);
export type Task = z.infer<typeof taskSchema>;

/** 16 hex digits over all that is asked and judged, and nothing of this machine. */
export function idOf(...content: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
}

/** The id of a `localize` task. */
export function localizeTaskId(task: Omit<LocalizeTask, 'id'>): string {
  const { kind, repository, base, statement, answer } = task;
  return idOf(kind, repository.identity, base, statement, [...answer.files].sort());
}

/** The id of a `fix` task. */
export function fixTaskId(
  task: Pick<FixTask, 'kind' | 'repository' | 'base' | 'start' | 'statement' | 'tests' | 'gold'>,
): string {
  const { kind, repository, base, start, statement, tests, gold } = task;
  return idOf(kind, repository.identity, base, start ?? '', statement, tests.patch, gold.patch);
}

/** Where a task comes from: a folder of this machine, and what tasks of the same origin have in common. */
export function originOf(task: Task): { path: string; identity: string; base?: string } {
  if (task.kind === 'harbor') return { path: task.folder, identity: idOf(task.dataset) };
  return { path: task.repository.path, identity: task.repository.identity, base: task.base };
}
