import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kinoHome } from '../../config/index.ts';

/** Writes notes where the person finds and changes them: the handoffs folder of Kino. @returns the file */
export async function saveHandoff(name: string, text: string): Promise<string> {
  const folder = join(kinoHome(), 'handoffs');
  const file = join(folder, `${name}.md`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(file, `${text}\n`, { mode: 0o600 });
  return file;
}
