import { spawn } from 'node:child_process';
import { join } from 'node:path';

const SERVER = join(import.meta.dirname, 'serve-turns.ts');

/** One request as the server saw it: milliseconds since 1970, and the length of its body. */
export interface Served {
  at: number;
  bytes: number;
}

/** A scripted server in a process of its own, so that it and the agent do not share a thread. */
export async function startServer(turns: number) {
  const child = spawn(process.execPath, [SERVER, String(turns)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => lines.push(...String(chunk).split('\n')));
  while (!lines[0]) await new Promise((resolve) => setTimeout(resolve, 5));
  return {
    url: lines[0],
    async stop(): Promise<Served[]> {
      child.stdin.end();
      await new Promise((resolve) => child.on('close', resolve));
      return JSON.parse(lines.slice(1).join('')) as Served[];
    },
  };
}
