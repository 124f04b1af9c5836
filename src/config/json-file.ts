import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';

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
    text = await readFile(path, 'utf8');
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
export async function writeJson(path: string, value: unknown): Promise<void> {
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
