import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { kinoHome } from '../../config/index.ts';

const aboutSchema = z.object({
  title: z.string(),
  thread: z.string(),
  artifact: z.string().optional(),
  expiresAt: z.number(),
});
type About = z.infer<typeof aboutSchema>;

/** A page that whoever has its address can read. */
export interface Share extends About {
  /** Tells which one it is, and opens nothing. */
  id: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const TOKEN = /^[\w-]{43}$/;

/** Pages that are shared over the server. On the disk is what tells a token from another one, and no token. */
export class Shares {
  get #folder(): string {
    return join(kinoHome(), 'shares');
  }

  /** Keeps a page as it is now. @returns its token, which is told this once */
  async add(
    page: string,
    about: Omit<About, 'expiresAt'>,
    days: number,
  ): Promise<{ id: string; token: string; expiresAt: number }> {
    const token = randomBytes(32).toString('base64url');
    const id = idOf(token);
    const expiresAt = Date.now() + days * DAY_MS;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeFile(join(this.#folder, `${id}.html`), page, { mode: 0o600 });
    await writeFile(join(this.#folder, `${id}.json`), JSON.stringify({ ...about, expiresAt }), {
      mode: 0o600,
    });
    return { id, token, expiresAt };
  }

  /** The page of a token; undefined where there is none, or no longer. */
  async page(token: string): Promise<string | undefined> {
    if (!TOKEN.test(token)) return undefined;
    const id = idOf(token);
    const about = await this.#about(id);
    return about && readFile(join(this.#folder, `${id}.html`), 'utf8').catch(() => undefined);
  }

  async list(): Promise<Share[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const found = names
      .filter((name) => name.endsWith('.json'))
      .map(async (name) => {
        const id = name.slice(0, -'.json'.length);
        const about = await this.#about(id);
        return about ? [{ id, ...about }] : [];
      });
    return (await Promise.all(found)).flat().sort((a, b) => b.expiresAt - a.expiresAt);
  }

  /** @returns false where there is none */
  async revoke(id: string): Promise<boolean> {
    if (!(await this.list()).some((share) => share.id === id)) return false;
    await this.#remove(id);
    return true;
  }

  /** What is over is taken away when it is met. */
  async #about(id: string): Promise<About | undefined> {
    const text = await readFile(join(this.#folder, `${id}.json`), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      const about = aboutSchema.parse(JSON.parse(text));
      if (about.expiresAt > Date.now()) return about;
    } catch {
      // What nobody can read nobody is shown.
    }
    await this.#remove(id);
    return undefined;
  }

  async #remove(id: string): Promise<void> {
    for (const ending of ['json', 'html']) await rm(join(this.#folder, `${id}.${ending}`), { force: true });
  }
}

function idOf(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 32);
}
