import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const manifest = z.looseObject({ scripts: z.record(z.string(), z.string()).optional() });
/** Scripts that serve what is worked on, by how likely they are to. */
const SCRIPTS = ['dev', 'start', 'serve', 'develop', 'preview'];
const LOCKFILES = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
] as const;

/** Commands by which a project is likely to serve what is worked on, the likeliest first. Nothing is run. */
export async function devServersOf(root: string): Promise<string[]> {
  const read = (file: string) => readFile(join(root, file), 'utf8').catch(() => undefined);
  const found: string[] = [];
  const text = await read('package.json');
  const parsed = text === undefined ? undefined : manifest.safeParse(jsonIn(text));
  if (parsed?.success) {
    let manager = 'npm';
    for (const [file, name] of LOCKFILES) if ((await read(file)) !== undefined) manager = name;
    for (const script of SCRIPTS)
      if (parsed.data.scripts && Object.hasOwn(parsed.data.scripts, script))
        found.push(`${manager} run ${script}`);
  }
  if ((await read('manage.py')) !== undefined) found.push('python3 manage.py runserver');
  if (/^\s*hugo\b|^baseURL/m.test((await read('hugo.toml')) ?? '')) found.push('hugo server');
  if ((await read('mkdocs.yml')) !== undefined) found.push('mkdocs serve');
  if ((await read('bin/rails')) !== undefined) found.push('bin/rails server');
  return found;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
