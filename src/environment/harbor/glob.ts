/** One position of a pattern within a name: any run, any character, one of a set, or one character. */
type Token = { kind: 'run' } | { kind: 'any' } | { kind: 'set'; negated: boolean; ranges: Range[] } | string;
type Range = [from: string, to: string];

/**
 * A test for paths with `*`, `?`, `[a-z]`, `[^a-z]`, `[!a-z]` and `\` before a character to be taken as it is. No
 * wildcard matches a slash; with `deep`, the name `**` stands for any number of folders, none included, and at the
 * end for everything inside.
 *
 * Patterns come from repositories that nobody has vetted. A regular expression could be made to run for hours; this
 * needs at most the product of both lengths.
 */
export function compileGlob(pattern: string, { deep }: { deep: boolean }): (path: string) => boolean {
  const names = pattern.split('/');
  if (deep && names.at(-1) === '**') names.push('*');
  const parts = names.map((name) => (deep && name === '**' ? ('folders' as const) : tokensOf(name)));
  return (path) =>
    matches(
      parts,
      path.split('/').map((name) => [...name]),
      (part) => part === 'folders',
      (part, name) => part !== 'folders' && matchesName(part, name),
    );
}

/** Whether a pattern says more than one path. */
export function hasWildcard(pattern: string): boolean {
  return tokensOf(pattern).some((token) => typeof token !== 'string');
}

function matchesName(tokens: readonly Token[], name: readonly string[]): boolean {
  return matches(
    tokens,
    name,
    (token) => typeof token !== 'string' && token.kind === 'run',
    (token, char) => {
      if (typeof token === 'string') return token === char;
      if (token.kind !== 'set') return true;
      return token.ranges.some(([from, to]) => from <= char && char <= to) !== token.negated;
    },
  );
}

/** Going back to the last wildcard alone is enough: whatever an earlier one could take, the last one can take too. */
function matches<P, T>(
  parts: readonly P[],
  texts: readonly T[],
  isRun: (part: P) => boolean,
  fits: (part: P, text: T) => boolean,
): boolean {
  let part = 0;
  let text = 0;
  let run = -1;
  let resume = 0;
  while (text < texts.length) {
    if (part < parts.length && isRun(parts[part]!)) {
      run = part++;
      resume = text;
    } else if (part < parts.length && fits(parts[part]!, texts[text]!)) {
      part++;
      text++;
    } else if (run >= 0) {
      part = run + 1;
      text = ++resume;
    } else return false;
  }
  while (part < parts.length && isRun(parts[part]!)) part++;
  return part === parts.length;
}

function tokensOf(pattern: string): Token[] {
  const chars = [...pattern];
  const tokens: Token[] = [];
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at]!;
    if (char === '*') tokens.push({ kind: 'run' });
    else if (char === '?') tokens.push({ kind: 'any' });
    else if (char === '\\' && at + 1 < chars.length) tokens.push(chars[++at]!);
    else if (char === '[') {
      const set = setAt(chars, at);
      if (set) at = set.end;
      tokens.push(set ? { kind: 'set', negated: set.negated, ranges: set.ranges } : char);
    } else tokens.push(char);
  }
  return tokens;
}

/** The set that opens at `start`, or undefined where no bracket closes it, which makes it an ordinary character. */
function setAt(chars: readonly string[], start: number) {
  const negated = chars[start + 1] === '^' || chars[start + 1] === '!';
  const ranges: Range[] = [];
  let at = start + (negated ? 2 : 1);
  // A bracket that comes first is one of the set.
  for (let first = true; first || chars[at] !== ']'; first = false) {
    if (at >= chars.length) return undefined;
    if (chars[at] === '\\' && at + 1 < chars.length) at++;
    const from = chars[at++]!;
    let to = from;
    if (chars[at] === '-' && at + 1 < chars.length && chars[at + 1] !== ']') {
      if (chars[at + 1] === '\\' && at + 2 < chars.length) at++;
      to = chars[at + 1]!;
      at += 2;
    }
    ranges.push([from, to]);
  }
  return { negated, ranges, end: at };
}
