import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** The floor of each room; a room imports only from floors below its own. */
export const FLOORS: Record<string, number> = {
  thread: 0,
  model: 0,
  sandbox: 0,
  git: 0,
  project: 0,
  search: 0,
  tool: 0,
  skill: 0,
  mcp: 0,
  config: 0,
  mutation: 0,
  agent: 1,
  environment: 1,
  validate: 1,
  eval: 2,
  flow: 2,
  learn: 3,
  train: 3,
  ready: 3,
  review: 3,
  cli: 4,
  server: 4,
  web: 4,
};

/** Imports between rooms of one floor that are allowed. */
export const NEIGHBOURS: Record<string, readonly string[]> = {
  search: ['git'],
  project: ['git'],
  mutation: ['project'],
  tool: ['sandbox', 'git', 'project', 'search', 'skill', 'mcp'],
  cli: ['server'],
  web: ['server'],
};

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)(['"])(\.[^'"]+)\1/g;

/**
 * Checks every room of `src` against the floors and the doors.
 *
 * @param root the project's root
 * @returns one sentence for each breach; empty when the house is in order
 */
export function checkFloors(root: string): string[] {
  const src = join(root, 'src');
  const breaches: string[] = [];
  for (const room of readdirSync(src, { withFileTypes: true })) {
    if (!room.isDirectory()) {
      breaches.push(`src/${room.name} stands outside any room`);
      continue;
    }
    if (!(room.name in FLOORS)) breaches.push(`src/${room.name} is not a room of the house`);
    if (!existsSync(join(src, room.name, 'README.md'))) breaches.push(`src/${room.name} has no README.md`);
    for (const file of readdirSync(join(src, room.name), { recursive: true, encoding: 'utf8' })) {
      if (!/\.tsx?$/.test(file)) continue;
      const path = join(src, room.name, file);
      for (const match of readFileSync(path, 'utf8').matchAll(IMPORT)) {
        const breach = judge(src, room.name, path, match[2]!);
        if (breach) breaches.push(breach);
      }
    }
  }
  return breaches;
}

function judge(src: string, room: string, path: string, specifier: string): string | undefined {
  const target = relative(src, resolve(dirname(path), specifier));
  const from = relative(dirname(src), path);
  if (target.startsWith('..')) {
    const inTest = path.endsWith('.test.ts') && target.startsWith(join('..', 'test'));
    return inTest || target === join('..', 'package.json')
      ? undefined
      : `${from} imports ${specifier} from outside src`;
  }
  const [other, ...inside] = target.split(sep);
  if (other === undefined || other === room) return undefined;
  if (inside.join('/') !== 'index.ts') return `${from} enters ${other} by ${specifier}, not by its door`;
  const above = (FLOORS[other] ?? 0) >= (FLOORS[room] ?? 0);
  if (above && !NEIGHBOURS[room]?.includes(other))
    return `${from} imports ${other}, which is not on a floor below`;
  return undefined;
}
