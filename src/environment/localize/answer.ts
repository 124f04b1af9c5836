/** An answer is a list of this many files at most; whoever names everything names nothing. */
const MAX_NAMED = 20;

/**
 * The files that an answer names, in its order: a JSON array of paths if there is one, otherwise every path of the
 * repository that stands in it as a word. Words that are no path of the repository are passed over.
 *
 * @param known the paths of the base commit
 */
export function filesNamed(answer: string, known: ReadonlySet<string>): string[] {
  const words = fromJson(answer) ?? answer.split(/[\s`"'()[\]{}<>,;|*]+/);
  const named = new Set<string>();
  for (const word of words) {
    const path = word
      .replace(/^(?:\.\/|a\/|b\/|\/)(?=.)/, (prefix) => (known.has(word) ? prefix : ''))
      .replace(/(?::\d+(?:[-:]\d+)?|[.:!?]+)$/, '');
    if (known.has(word)) named.add(word);
    else if (known.has(path)) named.add(path);
    if (named.size === MAX_NAMED) break;
  }
  return [...named];
}

function fromJson(answer: string): string[] | undefined {
  // The last array wins: models think aloud before they answer.
  for (const match of [...answer.matchAll(/\[[^[\]]*\]/g)].reverse()) {
    try {
      const value: unknown = JSON.parse(match[0]);
      if (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string')) return value;
    } catch {
      // Brackets of prose or code.
    }
  }
  return undefined;
}
