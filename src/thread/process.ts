import { hostname } from 'node:os';

/** Whether a process of this machine runs; of another user's it is known only that it does. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether the process that works on a thread is there; on another machine it is taken to be. */
export function isAtWork({ host, pid }: { host: string; pid: number }): boolean {
  return host !== hostname() || isAlive(pid);
}
