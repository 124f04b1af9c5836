import type { Funnel } from '../../environment/index.ts';
import { bar, paint, print } from '../output.ts';

/** The way from all commits to the tasks, with a bar for what is left after each filter. */
export function printFunnel({ commits, dropped, tasks }: Funnel, what = 'commits'): void {
  const width = 30;
  const digits = String(commits).length;
  const line = (left: number, count: string, why: string) =>
    print(`${count.padStart(digits + 1)}  ${bar(left / Math.max(1, commits), width).padEnd(width)}  ${why}`);
  let left = commits;
  line(left, String(commits), what);
  for (const { reason, count } of dropped) {
    left -= count;
    line(left, paint('dim', `-${count}`.padStart(digits + 1)), paint('dim', reason));
  }
  line(tasks, paint('bold', String(tasks).padStart(digits + 1)), paint('bold', 'tasks'));
}
