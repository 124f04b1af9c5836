import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');
export const KINO = join(ROOT, 'bin', 'kino.js');

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

export function percentile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

/** Prints a figure, what it should reach, and the ratio of the two: below 1 is better than asked for. */
export function report(
  what: string,
  value: number,
  unit: string,
  reach: number,
  more: 'less' | 'more' = 'less',
): void {
  const ratio = more === 'less' ? value / reach : reach / value;
  const sign = ratio <= 1 ? 'ok  ' : 'MISS';
  const number = value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2);
  console.log(
    `  ${sign} ${what}: ${number} ${unit} (${more === 'less' ? '<=' : '>='} ${reach.toLocaleString('en')}; ratio ${ratio.toFixed(2)})`,
  );
}

export interface ProcessRun {
  /** Milliseconds of wall time. */
  wall: number;
  /** The largest resident set in megabytes (10⁶ bytes); 0 unless the program was asked with `TELL_PEAK`. */
  peak: number;
  stdout: string;
  startedAt: number;
}

/** Runs a Node program to its end, with its wall time and its peak memory (told by the program itself as it exits). */
export function runNode(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<ProcessRun> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.timeOrigin + performance.now();
    const child = spawn(process.execPath, args, {
      cwd: options.cwd ?? ROOT,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let peak = '';
    let stderr = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk;
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk;
    });
    child.stdio[3]?.on('data', (chunk: Buffer) => {
      peak += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      const wall = performance.timeOrigin + performance.now() - startedAt;
      if (code === 0) resolve({ wall, peak: Number(peak) / 1e6, stdout, startedAt });
      else reject(new Error(`${args.join(' ')} ended with ${code}: ${stderr}`));
    });
  });
}

/** Arguments for Node that make a program tell its peak memory. */
export const TELL_PEAK = [
  '--import',
  `data:text/javascript,${encodeURIComponent("import {writeSync} from 'node:fs'; process.on('exit', () => { try { writeSync(3, String(process.resourceUsage().maxRSS * 1024)); } catch {} });")}`,
];

export function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'kino-bench-'));
  return work(folder).finally(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
}
