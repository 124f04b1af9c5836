import { posix } from 'node:path';
import { compileGlob } from './glob.ts';

/** What a file of patterns says of a path: leave it out, keep it after all, or nothing. */
export type IgnoreRules = (path: string, isFolder: boolean) => 'out' | 'kept' | undefined;

interface Rule {
  negated: boolean;
  foldersOnly: boolean;
  /** What is in a folder that the rule matches is not matched with it. */
  shallow: boolean;
  /** It says of all that is in a folder, each by itself. */
  sweeping: boolean;
  matches(path: string): boolean;
}

/**
 * The rules of a .gitignore file. Paths are relative to its folder, with slashes; what is in a folder that a rule
 * matches is matched with it; the last rule that matches decides.
 *
 * Harbor reads such files with Python's pathspec, in two ways that differ at the edges, and a digest comes out right
 * only where the edges do. `basic`: `a/*` says nothing of what is deeper in `a`. `like git`: a rule that names a file
 * itself outweighs one that names its folder, whichever comes later.
 *
 * @see https://git-scm.com/docs/gitignore
 */
export function parseGitignore(text: string, reading: 'basic' | 'like git'): IgnoreRules {
  const rules = text.split('\n').flatMap((line): Rule[] => {
    const kept = withoutTrailingSpaces(line.endsWith('\r') ? line.slice(0, -1) : line);
    if (kept === '' || kept.startsWith('#')) return [];
    const negated = kept.startsWith('!');
    let pattern = negated ? kept.slice(1) : kept;
    const foldersOnly = pattern.endsWith('/');
    if (foldersOnly) pattern = pattern.slice(0, -1);
    if (pattern === '') return [];
    const shallow = reading === 'basic' && /^\/?(?!\*\*\/\*$)[^/].*\/\*$/.test(pattern);
    // A slash anywhere ties a pattern to the folder of the file.
    if (pattern.startsWith('/')) pattern = pattern.slice(1);
    else if (!pattern.includes('/')) pattern = `**/${pattern}`;
    const sweeping = reading === 'like git' && !foldersOnly && /(?:^|\/)\*\*(?:\/\*)?$/.test(pattern);
    return [{ negated, foldersOnly, shallow, sweeping, matches: compileGlob(pattern, { deep: true }) }];
  });
  return decide(rules, reading);
}

/**
 * Whether a path of a build context is left out by a .dockerignore file. Paths are relative to the context, with
 * slashes. Every pattern is tied to the context's root, and the last one that matches decides.
 *
 * @see https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export function parseDockerignore(text: string): (path: string) => boolean {
  const rules = decide(
    text
      .replace(/^\ufeff/, '')
      .split('\n')
      .flatMap((line): Rule[] => {
        if (line.startsWith('#')) return [];
        const trimmed = line.trim();
        const negated = trimmed.startsWith('!');
        const written = negated ? trimmed.slice(1).trim() : trimmed;
        const pattern = spreadStars(posix.normalize(written).replace(/^\/|\/$/g, ''));
        if (written === '' || pattern === '') return [];
        return [
          {
            negated,
            foldersOnly: false,
            shallow: false,
            sweeping: false,
            matches: compileGlob(pattern, { deep: true }),
          },
        ];
      }),
    'basic',
  );
  return (path) => rules(path, false) === 'out';
}

function decide(rules: readonly Rule[], reading: 'basic' | 'like git'): IgnoreRules {
  return (path, isFolder) => {
    const names = path.split('/');
    const above = names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'));
    let verdict: ReturnType<IgnoreRules>;
    let named = false;
    for (const { negated, foldersOnly, shallow, sweeping, matches } of rules) {
      const itself = (isFolder || !foldersOnly) && matches(sweeping && isFolder ? `${path}/-` : path);
      if (!itself && (shallow || !above.some(matches))) continue;
      const names = itself && (sweeping || !isFolder);
      if (reading === 'like git' && named && !names) continue;
      verdict = negated ? 'kept' : 'out';
      named = names;
    }
    return verdict;
  };
}

function withoutTrailingSpaces(line: string): string {
  let end = line.length;
  while (end > 0 && line[end - 1] === ' ' && line[end - 2] !== '\\') end--;
  return line.slice(0, end);
}

/**
 * Docker lets `**` stand beside other characters, where it takes whole folders; as the only wildcard, at the very
 * beginning, it takes a part of a name as well: `**.md` is any file of that ending, but a file in `docs/**.md` has
 * no other name than `.md`.
 */
function spreadStars(pattern: string): string {
  if (/^\*\*[^/*?[\\][^*?[\\]*$/.test(pattern)) return `**/*${pattern.slice(2)}`;
  return pattern
    .replace(/(^|\/)\*\*(?=[^/*])/g, '$1**/')
    .replace(/([^/*])\*\*+$/, '$1*')
    .replace(/([^/*])\*\*+\/?/g, '$1*/**/');
}
