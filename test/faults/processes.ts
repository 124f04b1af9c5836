import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { CliResult } from '../support/cli.ts';

const KINO = join(import.meta.dirname, '..', '..', 'bin', 'kino.js');

export interface RunningKino {
  /** Ends with everything that was printed. */
  ended: Promise<CliResult>;
  /** To the process alone, or as a terminal does to its whole group. */
  send(signal: NodeJS.Signals, to: 'process' | 'group'): void;
}

/**
 * Starts the command line in a process group of its own.
 *
 * @param mark stands in the environment of everything that it starts, sandboxed or not: commands see PATH
 */
export function startKino(args: readonly string[], cwd: string, mark: string): RunningKino {
  const child = spawn(process.execPath, [KINO, ...args], {
    cwd,
    env: { ...process.env, PATH: `${process.env.PATH}:/${mark}` },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  let isOver = false;
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject);
    // Not `close`: what outlives it must not be waited for, it is to be found.
    child.on('exit', (code, signal) => {
      isOver = true;
      setImmediate(() => resolve({ code, signal, stdout, stderr }));
    });
  });
  return {
    ended,
    send(signal, to) {
      if (isOver || child.pid === undefined) return;
      try {
        process.kill(to === 'group' ? -child.pid : child.pid, signal);
      } catch {
        // It has just ended.
      }
    },
  };
}

/** The processes that have the mark in their environment. */
export function marked(mark: string): { pid: number; commandLine: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && read(name, 'environ').includes(`:/${mark}\0`))
    .map((name) => ({ pid: Number(name), commandLine: read(name, 'cmdline').replaceAll('\0', ' ') }));
}

export async function expectNoneLeft(mark: string): Promise<void> {
  await expect.poll(() => marked(mark), { timeout: 10_000, interval: 20 }).toEqual([]);
}

function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
