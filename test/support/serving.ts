import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { QUICK } from './cli.ts';

const KINO = join(import.meta.dirname, '..', '..', 'bin', 'kino.js');

export interface Served {
  /** With the token. */
  url: string;
  origin: string;
  token: string;
  pid: number;
  /** Asks as a program does, with the token. */
  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of it
  ask(path: string, body?: unknown, method?: string): Promise<{ status: number; json: any }>;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts the real server in a process of its own, on a port that is free. */
export async function startServing(
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Served> {
  const child = spawn(process.execPath, [...QUICK, KINO, 'serve', '--port', '0', '--json', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    return exited;
  };
  onTestFinished(async () => void (await stop('SIGKILL')));
  let said = '';
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk;
  });
  const { url, origin, token } = await new Promise<Pick<Served, 'url' | 'origin' | 'token'>>(
    (resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk;
        try {
          resolve(JSON.parse(said));
        } catch {
          // Not all of it is there yet.
        }
      });
      void exited.then((code) => reject(new Error(`kino serve ended with ${code}: ${errors}`)));
    },
  );
  const ask: Served['ask'] = async (path, body, method = body === undefined ? 'GET' : 'POST') => {
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, json: await response.json() };
  };
  return { url, origin, token, pid: child.pid!, ask, stop };
}
