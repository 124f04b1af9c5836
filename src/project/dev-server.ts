import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { textOf } from './read-text.ts';

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
export function devServersOf(root: string): string[] {
  const read = (file: string) => textOf(join(root, file));
  const isThere = (file: string) => existsSync(join(root, file));
  const found: string[] = [];
  const parsed = manifest.safeParse(jsonIn(read('package.json')));
  if (parsed.success) {
    let manager = 'npm';
    for (const [file, name] of LOCKFILES) if (isThere(file)) manager = name;
    for (const script of SCRIPTS)
      if (parsed.data.scripts && Object.hasOwn(parsed.data.scripts, script))
        found.push(`${manager} run ${script}`);
  }
  if (isThere('manage.py')) found.push('python3 manage.py runserver');
  if (/^\s*hugo\b|^baseURL/m.test(read('hugo.toml'))) found.push('hugo server');
  if (isThere('mkdocs.yml')) found.push('mkdocs serve');
  if (isThere('bin/rails')) found.push('bin/rails server');
  return found;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
