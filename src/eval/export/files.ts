import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes a new file and the folders that it needs. @throws EEXIST rather than replace one */
export async function writeText(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { flag: 'wx' });
}

/** @throws EEXIST rather than replace a file */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeText(path, `${toJson(value, 2)}\n`);
}

/** JSON that every reader takes: half a surrogate pair, which cut output may end with, becomes U+FFFD. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'string' ? part.toWellFormed() : part), indent);
}

export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** A text as one line of a log: what would end the line or steer a terminal is a space. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
}
