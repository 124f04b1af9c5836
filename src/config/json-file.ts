import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { readRegular } from './read-regular.ts';

/** A configuration file that cannot be read as one. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly path: string;
  constructor(path: string, reason: string) {
    super(`${path}: ${reason}.`);
    this.path = path;
  }
}

/**
 * Reads a JSON file of a known shape; undefined where there is none.
 *
 * @throws ConfigError
 */
export async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  let text: string;
  try {
    text = await readRegular(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new ConfigError(path, message);
  }
  let value: unknown;
  try {
    // Editors on Windows put a byte order mark first.
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    // The message quotes the text, which may have line ends.
    throw new ConfigError(path, `is not JSON (${(error as Error).message.replace(/\s+/g, ' ')})`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new ConfigError(path, `${issue.path.join('.') || 'the file'}: ${issue.message}`);
}

/** Writes a JSON file whole or not at all; only its owner may read it. */
async function writeJson(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A lock older than this was left by a process that is gone. */
const STALE_MS = 10_000;
const WAIT_MS = 20;

/**
 * Changes a JSON file, one process at a time: what two of them change at once is both in it.
 *
 * @param change gets what the file holds, undefined where there is none; what it returns is written
 * @throws ConfigError
 */
export async function updateJson<T, R>(
  path: string,
  schema: z.ZodType<T>,
  change: (value: T | undefined) => { value: T; result: R },
): Promise<R> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const lock = `${path}.lock`;
  while (!(await tryLock(lock))) await sleep(WAIT_MS);
  try {
    const { value, result } = change(await readJson(path, schema));
    await writeJson(path, value);
    return result;
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

async function tryLock(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const found = await stat(lock).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > STALE_MS) await rm(lock, { recursive: true, force: true });
    return false;
  }
}
