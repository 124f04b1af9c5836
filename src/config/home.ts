import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The person's folder for threads, configuration and caches: `KINO_HOME`, or `.kino` in the home folder. */
export function kinoHome(): string {
  return resolve(process.env.KINO_HOME || join(homedir(), '.kino'));
}
