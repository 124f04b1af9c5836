import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { kinoHome } from '../config/index.ts';

/** What artifacts that are no text may be, and the ending of their files. */
export const MEDIA = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'video/webm': 'webm',
  'video/mp4': 'mp4',
  /** A trace of Playwright: to be kept, not to be shown. */
  'application/zip': 'zip',
} as const;
export type MediaType = keyof typeof MEDIA;

/** Larger files are not kept. */
export const MAX_MEDIA_BYTES = 64 * 1024 * 1024;

/** What a file holds by its first bytes: a name may lie, and whoever is shown it must not be. */
export function mediaTypeOf(bytes: Uint8Array): MediaType | undefined {
  const head = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  if (head.startsWith('\u0089PNG\r\n')) return 'image/png';
  if (head.startsWith('\u00ff\u00d8\u00ff')) return 'image/jpeg';
  if (/^GIF8[79]a/.test(head)) return 'image/gif';
  if (/^RIFF....WEBP/s.test(head)) return 'image/webp';
  if (head.startsWith('\u001aE\u00df\u00a3')) return 'video/webm';
  if (/^....ftyp/s.test(head)) return 'video/mp4';
  return undefined;
}

/** Where files of artifacts are kept, by what they hold: a version never changes, and the same file is there once. */
function mediaFolder(): string {
  return join(kinoHome(), 'artifacts');
}

/** Keeps what an artifact is, whole or not at all. @returns the absolute path @throws the file system's error */
export async function keepMedia(bytes: Uint8Array, type: MediaType): Promise<string> {
  const folder = mediaFolder();
  const file = join(folder, `${createHash('sha256').update(bytes).digest('hex')}.${MEDIA[type]}`);
  const known = await stat(file).catch(() => undefined);
  if (known?.size === bytes.length) return file;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const part = `${file}.${randomBytes(4).toString('hex')}`;
  await writeFile(part, bytes, { mode: 0o600 });
  await rename(part, file);
  return file;
}

/** A file that was kept so; a thread that came from elsewhere may name any other. @returns undefined where it is none */
export async function readMedia(file: string): Promise<Buffer | undefined> {
  const folder = await realpath(mediaFolder()).catch(() => undefined);
  const real = await realpath(file).catch(() => undefined);
  if (folder === undefined || !real?.startsWith(folder + sep) || !(await stat(real)).isFile())
    return undefined;
  return readFile(real);
}
