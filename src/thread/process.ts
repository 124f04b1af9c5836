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

/** Threads that this process works on no more although it could not write that down. */
const left = new Set<string>();

/** Says that this process works on a thread no more, where its record cannot say so: on a full disk. */
export function letGo(thread: string): void {
  left.add(thread);
}

/** Says that this process works on a thread again. */
export function takeUp(thread: string): void {
  left.delete(thread);
}

/** Whether the process that works on a thread is there, and still does; on another machine it is taken to be. */
export function isAtWork({ id, host, pid }: { id: string; host: string; pid: number }): boolean {
  if (host !== hostname()) return true;
  return pid === process.pid ? !left.has(id) : isAlive(pid);
}
