import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { kinoHome } from '../../config/index.ts';
import { isAlive } from '../../thread/index.ts';

/** Work that was begun so often and never came to an end is left alone. */
const MAX_TRIES = 3;
const entry = z.object({ thread: z.string().regex(/^[0-9a-z]{1,64}$/), tries: z.int().nonnegative() });

/**
 * What the agents of a server are at, on the disk: a server that was killed cannot tell any more, and the next one goes on
 * with it. A file each process, which nobody else writes.
 */
export class AtWork {
  readonly #tries = new Map<string, number>();
  #writing: Promise<void> = Promise.resolve();

  /** @param tries how often it was gone on with already */
  begin(thread: string, tries = 0): void {
    this.#tries.set(thread, tries);
    this.#save();
  }

  end(thread: string): void {
    if (this.#tries.delete(thread)) this.#save();
  }

  /** Resolves when what was said is on the disk. */
  saved(): Promise<void> {
    return this.#writing;
  }

  #save(): void {
    this.#writing = this.#writing.then(() => this.#write()).catch(() => {});
  }

  async #write(): Promise<void> {
    const file = join(folder(), `${process.pid}.json`);
    if (this.#tries.size === 0) return rm(file, { force: true });
    await mkdir(folder(), { recursive: true, mode: 0o700 });
    const entries = [...this.#tries].map(([thread, tries]) => ({ thread, tries }));
    await writeFile(`${file}.new`, JSON.stringify(entries), { mode: 0o600 });
    await rename(`${file}.new`, file);
  }
}

/** Takes over what servers that are no more were at. @returns each thread, with how often it was gone on with */
export async function takeOver(): Promise<{ thread: string; tries: number }[]> {
  const left: z.infer<typeof entry>[] = [];
  for (const name of await readdir(folder()).catch(() => [])) {
    const pid = Number(/^(\d+)\.json$/.exec(name)?.[1] ?? Number.NaN);
    if (!Number.isInteger(pid) || pid === process.pid || isAlive(pid)) continue;
    const file = join(folder(), name);
    const text = await readFile(file, 'utf8').catch(() => '[]');
    await rm(file, { force: true });
    const known = z.array(entry).safeParse(jsonIn(text));
    if (known.success) left.push(...known.data);
  }
  return left.filter(({ tries }) => tries < MAX_TRIES);
}

const folder = () => join(kinoHome(), 'at-work');

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
