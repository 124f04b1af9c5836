import type { Repository } from '../git/index.ts';
import type { Mount, Sandbox } from '../sandbox/index.ts';
import type { ThreadEvent } from '../thread/index.ts';
import type { Place } from './place.ts';
import type { Task } from './task.ts';

/** Something odd that a verifier saw, by name. */
export interface Finding {
  name: string;
  detail: string;
}

export interface Score {
  /** In 0..1; null when infrastructure failed, which is never a 0. */
  reward: number | null;
  metrics: Record<string, number>;
  explanation?: string;
  findings: Finding[];
}

/** One thing that was done to find out about a commit. */
export interface Step {
  what: string;
  detail: string;
  /** Head and tail of what a command printed. */
  output?: string;
}

/** A commit on its way to become a task, or the reason why it does not. */
export type Candidate<T extends Task = Task> = { commit: string; subject: string; steps?: Step[] } & (
  | { task: T }
  | { dropped: string; detail?: string }
);

export interface MineOptions {
  /** Stop after this many tasks. */
  limit?: number;
  /** Commits since then, as `git log --since` understands it. */
  since?: string;
  /** Only this commit. */
  only?: string;
  signal?: AbortSignal;
}

/** What has to be in a workspace besides its files for work to be possible in it. */
export interface Provision {
  mounts: Mount[];
  env: Record<string, string>;
}

/** What an agent leaves behind, to be judged. */
export interface Work {
  answer: string;
  /** Absent where a task comes from none. */
  repository?: Repository;
  /** The folder that it worked in, when nothing of it runs any more; undefined where it never asked for one. */
  folder?: string;
  /** What it did. */
  events: readonly ThreadEvent[];
  /** What its sandbox noticed. */
  signs?: readonly Finding[];
  place: Place;
  /** Of a task in several steps the one that was worked on, from 0. */
  step?: number;
}

/** The repository that a task comes from. @throws Error where it has none */
export function repositoryOf({ repository }: Pick<Work, 'repository'>): Repository {
  if (!repository) throw new Error('the task has no repository');
  return repository;
}

/** What the `oracle` baseline is told. */
export interface Reference {
  answer?: string;
  patch?: string;
  /** A command that solves it, in a workspace that was opened for it. */
  command?: { argv: string[]; env: Record<string, string>; seconds: number };
}

/** Tasks of one kind with their verifier. */
export interface Environment<T extends Task = Task> {
  readonly kind: T['kind'];
  /** What an agent is asked. @param step from 0, for tasks in several */
  prompt(task: T, step?: number): string;
  reference(task: T, step?: number): Reference | Promise<Reference>;
  /** Into how many steps the work is cut; one where it is not said. */
  steps?(task: T): Promise<number>;
  /** Changes a workspace that holds the base into the one that work starts from. @param folder absolute */
  prepare?(task: T, folder: string, repository: Repository, place: Place): Promise<Provision>;
  /**
   * Opens a workspace that is no repository's.
   *
   * @param folder empty, absolute
   * @param solved what `reference` needs is to be there
   */
  open?(task: T, folder: string, place: Place, solved: boolean): Promise<Sandbox>;
  /** Makes ready for a further step. */
  next?(task: T, folder: string, place: Place, step: number): Promise<void>;
  /** Judges work. Nothing that the agent could write is executed where a reward could be reached, or trusted. */
  verify(task: T, work: Work): Promise<Score>;
  /** One score of those of the steps that were worked on, or undefined while the next one is to be tried. */
  total?(task: T, scores: readonly Score[]): Promise<Score | undefined>;
}
