import type { Repository } from '../git/index.ts';
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

/** A commit on its way to become a task, or the reason why it does not. */
export type Candidate =
  | { commit: string; subject: string; task: Task }
  | { commit: string; subject: string; dropped: string; detail?: string };

export interface MineOptions {
  /** Stop after this many tasks. */
  limit?: number;
  /** Commits since then, as `git log --since` understands it. */
  since?: string;
  /** Only this commit. */
  only?: string;
  signal?: AbortSignal;
}

/** Tasks of one kind with their verifier. */
export interface Environment {
  readonly kind: Task['kind'];
  /** Every commit of a repository's history, newest first, as a task or with the reason why it is none. */
  mine(repository: Repository, options: MineOptions): AsyncIterable<Candidate>;
  /** What an agent is asked. */
  prompt(task: Task): string;
  /** What the `oracle` baseline is told. */
  reference(task: Task): { answer?: string; patch?: string };
  /** Judges an answer. Nothing that the agent could write is executed or trusted. */
  verify(task: Task, work: { answer: string; repository: Repository }): Promise<Score>;
}
