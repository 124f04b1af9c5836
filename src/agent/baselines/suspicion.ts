import type { TestCase } from '../../project/index.ts';

/** Where a message of a failing test points: `file:line`, `File "file", line n`. */
const PLACE = /(?:file:\/\/)?((?:[\w@.+-]*\/)*[\w@.+-]+\.[a-z]{1,5})(?::(\d+)|", line (\d+))/g;
/** Lines around a place of a stack that are suspicious as well. */
const AROUND = 3;
const NAME = /[A-Za-z_]\w{3,}/g;

/**
 * How suspicious lines are, after what failing tests say and run: a line that a stack trace names comes first, then its
 * neighbours, then what the failing tests execute; among those the lines that share names with the failure.
 *
 * @param sources the files that may be changed, relative to the root
 * @param executed the lines that the failing tests execute, by file; empty where it is not known
 * @returns by file the lines with a suspicion above 0
 */
export function suspicionOf(
  failing: readonly TestCase[],
  statement: string,
  sources: ReadonlyMap<string, string>,
  executed: ReadonlyMap<string, ReadonlySet<number>>,
): Map<string, Map<number, number>> {
  const said = failing.map((test) => `${test.id}\n${test.message ?? ''}`).join('\n');
  const places = placesIn(said, [...sources.keys()]);
  const names = new Set(`${said}\n${statement}`.match(NAME)?.map((name) => name.toLowerCase()));
  const suspicion = new Map<string, Map<number, number>>();
  for (const [path, source] of sources) {
    const lines = new Map<number, number>();
    const own = places.get(path);
    const run = executed.get(path);
    source.split('\n').forEach((text, at) => {
      const line = at + 1;
      if (executed.size > 0 && !run?.has(line) && !own?.has(line)) return;
      let score = executed.size > 0 ? 1 : 0.1;
      if (own?.has(line)) score += 3;
      else if (own && [...own].some((place) => Math.abs(place - line) <= AROUND)) score += 1.5;
      const shared = (text.match(NAME) ?? []).filter((name) => names.has(name.toLowerCase()));
      score += Math.min(1, new Set(shared).size * 0.25);
      lines.set(line, score);
    });
    if (lines.size > 0) suspicion.set(path, lines);
  }
  return suspicion;
}

function placesIn(text: string, paths: readonly string[]): Map<string, Set<number>> {
  const places = new Map<string, Set<number>>();
  for (const [, file = '', a, b] of text.matchAll(PLACE)) {
    const path = paths.find((one) => file === one || file.endsWith(`/${one}`));
    if (path !== undefined) places.set(path, (places.get(path) ?? new Set()).add(Number(a ?? b)));
  }
  return places;
}
