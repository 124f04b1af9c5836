import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import {
  environmentOf,
  type FixTask,
  loadFixMining,
  type Score,
  type Work,
} from '../../src/environment/index.ts';
import { openRepository } from '../../src/git/index.ts';
import { applyGold, attempt } from './attempts.ts';
import type { TestRepository } from './repository.ts';

type Options = Parameters<Awaited<ReturnType<typeof loadFixMining>>['mineFix']>[1];

/** The newest commit of a repository as a task; a commit that is none fails with what was done to find out. */
export async function mineNewest(
  { path }: Pick<TestRepository, 'path'>,
  home: string,
  options: Partial<Options> = {},
): Promise<FixTask> {
  const { mineFix } = await loadFixMining();
  const mined = mineFix(await openRepository(path), {
    place: { home },
    repeats: 1,
    mutants: 1,
    seconds: 60,
    only: 'HEAD',
    ...options,
  });
  const [candidate] = await Array.fromAsync(mined);
  if (candidate && 'task' in candidate) return candidate.task;
  const steps = candidate?.steps?.map(({ what, detail, output = '' }) => `${what}: ${detail}\n${output}`);
  throw new Error(`${candidate?.dropped} (${candidate?.detail})\n${steps?.join('\n')}`);
}

/** Why packages of a registry cannot be installed here; undefined where they can. */
export async function unreachable(registry: string): Promise<string | undefined> {
  try {
    const { status } = await fetch(registry, { signal: AbortSignal.timeout(10_000) });
    return status < 500 ? undefined : `${registry} answers ${status}`;
  } catch (error) {
    return `${registry} cannot be reached: ${(error as Error).message}`;
  }
}

/** Whether a program is on the PATH. */
export function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0;
}

/** What a task says of its tests, without what is the same each time. */
export function testsOf({ tests }: FixTask) {
  const { plan, files, failToPass, passToPass, quarantined, scope, canaries } = tests;
  const { runner, folder, args, env } = plan;
  return {
    plan: { runner, folder, args, ...(env && { env }) },
    files,
    failToPass,
    passToPass,
    quarantined,
    scope,
    canaries,
  };
}

/** The gold patch gets 1 and nothing gets 0, and neither a finding. */
export async function proveSound(task: FixTask, { path }: Pick<TestRepository, 'path'>, home: string) {
  const about = { repository: await openRepository(path), home };
  const { verify } = await environmentOf('fix');
  const score = verify as (one: FixTask, work: Work) => Promise<Score>;
  const gold = await attempt(score, task, about, (folder) => applyGold(task, folder));
  expect(gold).toMatchObject({ reward: 1, metrics: { fail_to_pass: 1, pass_to_pass: 1 }, findings: [] });
  const nothing = await attempt(score, task, about, {});
  expect(nothing).toMatchObject({ reward: 0, findings: [] });
  return { gold, nothing };
}
