import { diffArrays } from 'diff';

/** One time that somebody changed a text: what it was and what it became. */
export interface Rewrite<Key> {
  by: Key;
  before: readonly string[];
  after: readonly string[];
}

/** Who made the lines of a text, and who took lines of the first one away; both by line, from 0. */
export interface Attribution<Key> {
  added: (Key | undefined)[];
  removed: Map<number, Key>;
}

/** More edits between two versions are not told apart. */
const MAX_EDITS = 20_000;

/**
 * Follows a text from its first version through every rewrite to what it is now, line by line. What changed between two
 * rewrites nobody has recorded: a person's edit, say; it is nobody's.
 */
export function attribute<Key>(
  base: readonly string[],
  rewrites: readonly Rewrite<Key>[],
  now: readonly string[],
): Attribution<Key> {
  type Line = { text: string; by?: Key; base?: number };
  const removed = new Map<number, Key>();
  let lines: Line[] = base.map((text, at) => ({ text, base: at }));
  const follow = (next: readonly string[], by: Key | undefined) => {
    const parts = diffArrays(
      lines.map(({ text }) => text),
      [...next],
      { maxEditLength: MAX_EDITS },
    );
    const made: Line[] = [];
    let at = 0;
    const add = (text: string) => made.push({ text, ...(by !== undefined && { by }) });
    // Too different to be followed: all of it is new.
    for (const part of parts ?? []) {
      if (part.added) for (const text of part.value) add(text);
      else {
        const own = lines.slice(at, at + part.value.length);
        at += part.value.length;
        if (!part.removed) made.push(...own);
        else if (by !== undefined)
          for (const line of own) if (line.base !== undefined) removed.set(line.base, by);
      }
    }
    if (!parts) for (const text of next) add(text);
    lines = made;
  };
  for (const { by, before, after } of rewrites) {
    follow(before, undefined);
    follow(after, by);
  }
  follow(now, undefined);
  return { added: lines.map(({ by }) => by), removed };
}
