/** An answer is a list of this many files at most; whoever names everything names nothing. */
const MAX_NAMED = 20;

/** The files of an answer, best first. */
export interface FilesAnswer {
  /** What the answer stands for. */
  named: string[];
  /** Those, and after them what it holds possible besides: judged as a ranking only. */
  ranked: string[];
}

/**
 * The files that an answer names, in its order: a JSON array of paths, or an object `{"files": […], "also": […]}`;
 * where there is neither, every path of the repository that stands in it as a word. What is no path of the repository
 * is passed over.
 *
 * @param known the paths of the base commit
 */
export function filesNamed(answer: string, known: ReadonlySet<string>): FilesAnswer {
  const json = fromJson(answer);
  const words = json?.files ?? answer.split(/[\s`"'()[\]{}<>,;|*]+/);
  const named = pathsAmong(words, known).slice(0, MAX_NAMED);
  const ranked = [...new Set([...named, ...pathsAmong(json?.also ?? [], known)])].slice(0, MAX_NAMED);
  return { named, ranked };
}

function pathsAmong(words: readonly string[], known: ReadonlySet<string>): string[] {
  const paths = new Set<string>();
  for (const word of words) {
    const bare = word.replace(/^(?:\.\/|a\/|b\/|\/)(?=.)/, '').replace(/(?::\d+(?:[-:]\d+)?)?[.:!?]*$/, '');
    const path = [word, bare].find((one) => known.has(one));
    if (path !== undefined) paths.add(path);
  }
  return [...paths];
}

interface JsonAnswer {
  files: string[];
  also: string[];
}

/** An array or object without another inside; brackets within its strings (`app/[id]/page.tsx`) are none. */
const JSON_TEXT = /\{(?:[^{}"]|"(?:[^"\\\n]|\\.)*")*\}|\[(?:[^[\]"]|"(?:[^"\\\n]|\\.)*")*\]/g;

/** The last array or object wins: models think aloud before they answer. */
function fromJson(answer: string): JsonAnswer | undefined {
  for (const match of [...answer.matchAll(JSON_TEXT)].reverse()) {
    try {
      const found = toAnswer(JSON.parse(match[0]));
      if (found) return found;
    } catch {
      // Brackets of prose or code.
    }
  }
  return undefined;
}

function toAnswer(value: unknown): JsonAnswer | undefined {
  if (isPaths(value)) return value.length > 0 ? { files: value, also: [] } : undefined;
  if (typeof value !== 'object' || value === null || !('files' in value) || !isPaths(value.files))
    return undefined;
  return { files: value.files, also: 'also' in value && isPaths(value.also) ? value.also : [] };
}

function isPaths(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
