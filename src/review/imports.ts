import { posix } from 'node:path';

const MAX_TEXT = 200_000;
const EXTENSION = /\.[^./]+$/;
const SPECIFIERS: readonly [ends: RegExp, imports: readonly RegExp[]][] = [
  [
    /\.(?:[cm]?[jt]sx?|vue|svelte)$/,
    [/(?:\bfrom|\bimport|\brequire\s*\(|\bimport\s*\()\s*['"]([^'"\n]+)['"]/g],
  ],
  [/\.pyi?$/, [/^[ \t]*from\s+([.\w]+)\s+import\b/gm, /^[ \t]*import\s+([.\w]+)/gm]],
  [/\.go$/, [/^[ \t]*(?:import[ \t]+)?(?:[\w.]+[ \t]+)?"([^"\n]+)"[ \t]*$/gm]],
  [/\.rs$/, [/^[ \t]*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;/gm, /\buse\s+(?:crate|super|self)::([\w:]+)/g]],
  [/\.(?:c|cc|cpp|cxx|h|hpp)$/, [/^[ \t]*#[ \t]*include[ \t]+"([^"\n]+)"/gm]],
  [/\.(?:java|kt|scala)$/, [/^[ \t]*import[ \t]+(?:static\s+)?([\w.]+)/gm]],
  [/\.rb$/, [/\brequire(?:_relative)?\s*\(?\s*['"]([^'"\n]+)['"]/g]],
];

/**
 * Which of some files a file refers to, by what its text imports. Read from the text alone: names that a build makes up
 * are not known.
 *
 * @param others paths, among which it is looked
 */
export function importsAmong(path: string, text: string, others: readonly string[]): Set<string> {
  const found = new Set<string>();
  // What stands far down a huge file is no import.
  const head = text.slice(0, MAX_TEXT);
  const patterns = SPECIFIERS.find(([ends]) => ends.test(path))?.[1] ?? [];
  for (const pattern of patterns)
    for (const [, specifier = ''] of head.matchAll(pattern))
      for (const other of others) if (other !== path && isMeant(path, specifier, other)) found.add(other);
  return found;
}

function isMeant(path: string, specifier: string, other: string): boolean {
  const bare = other.replace(EXTENSION, '');
  const here = posix.dirname(path);
  if (/\.go$/.test(path)) return /\.go$/.test(other) && isTail(specifier, posix.dirname(other));
  if (/\.pyi?$/.test(path)) return isPythonModule(here, specifier, bare);
  if (/\.(?:java|kt|scala)$/.test(path)) return isTail(bare, specifier.replaceAll('.', '/'));
  if (/\.rs$/.test(path)) {
    const [first = ''] = specifier.split('::');
    return (
      [posix.basename(bare), posix.basename(posix.dirname(other))].includes(first) && /\.rs$/.test(other)
    );
  }
  const isRelative = specifier.startsWith('.') || /\.(?:c|cc|cpp|cxx|h|hpp|rb)$/.test(path);
  if (!isRelative)
    return specifier.includes('/') && isTail(bare, specifier.replace(/^[@~]\//, '').replace(EXTENSION, ''));
  const target = posix.join(here, specifier);
  return [target, target.replace(EXTENSION, '')].some(
    (one) => one === other || one === bare || `${one}/index` === bare,
  );
}

function isPythonModule(here: string, specifier: string, bare: string): boolean {
  const dots = /^\.*/.exec(specifier)![0].length;
  const way = specifier.slice(dots).replaceAll('.', '/');
  const own = bare.replace(/\/__init__$/, '');
  if (dots === 0) return isTail(own, way) || isTail(own, posix.dirname(way));
  const up = posix.join(here, ...Array.from({ length: dots - 1 }, () => '..'), way);
  return own === up || posix.dirname(own) === up;
}

/** Whether a path ends with the parts of another. */
function isTail(path: string, end: string): boolean {
  return end !== '' && end !== '.' && (path === end || path.endsWith(`/${end}`));
}
