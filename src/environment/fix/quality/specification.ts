import { GitError, git, type Repository } from '../../../git/index.ts';
import { readPatch } from '../patch.ts';

const IDENTIFIER = /[A-Za-z_$][\w$]{2,}/g;
/** Words of languages and test frameworks, and what every program says. */
const COMMON = new Set(
  `abstract and any arguments assert async await boolean break case catch class const continue def default delete describe
  elif else enum equal equals except export extends false finally for foreach from func function given import int
  interface lambda let module new nil none not null number object only package pass private protected public raise return
  self should static string struct super switch test then this throw throws true try type typeof undefined using var void
  when where while with yield expect beforeEach afterEach it skip todo async require exports pub impl mut use crate mod`.split(
    /\s+/,
  ),
);
/** More names than that are not looked up one by one. */
const MAX_NAMES = 200;

/** String literals shorter than this are values like any other. */
const MIN_LITERAL = 6;
const LITERAL = /"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\$]|\\.)*)`/g;

/**
 * Names that the tests use, and texts that they want to the letter, which only the gold patch introduces and neither the
 * statement nor the base says: whoever solves the task another way would have to guess them.
 *
 * @param base the tree that the work starts from
 */
export async function unsaidNames(
  repository: Repository,
  base: string,
  { statement, testPatch, goldPatch }: { statement: string; testPatch: string; goldPatch: string },
): Promise<string[]> {
  const inTests = namesIn(testPatch);
  const inGold = namesIn(goldPatch);
  const said = new Set((statement.match(IDENTIFIER) ?? []).map((word) => word.toLowerCase()));
  const shared = [...inTests]
    .filter((name) => inGold.has(name) && !COMMON.has(name.toLowerCase()) && !said.has(name.toLowerCase()))
    .slice(0, MAX_NAMES);
  const unsaid: string[] = [];
  for (const name of shared) if (!(await isIn(repository, base, name, '--word-regexp'))) unsaid.push(name);
  const inGoldTexts = literalsIn(goldPatch);
  const told = statement.toLowerCase().replace(/\s+/g, ' ');
  const texts = [...literalsIn(testPatch)].filter(
    (text) => inGoldTexts.has(text) && !told.includes(text.toLowerCase()),
  );
  for (const text of texts.slice(0, MAX_NAMES))
    if (!(await isIn(repository, base, text))) unsaid.push(JSON.stringify(text));
  return unsaid.sort();
}

/** The names in the code of a patch's new lines; what stands in strings and comments is no name. */
function namesIn(patch: string): Set<string> {
  const names = new Set<string>();
  for (const { hunks } of readPatch(patch))
    for (const { added } of hunks)
      for (const line of added.values())
        for (const [name] of codeOf(line).matchAll(IDENTIFIER)) names.add(name);
  return names;
}

/** The texts in a patch's new lines that are more than a word. */
function literalsIn(patch: string): Set<string> {
  const texts = new Set<string>();
  for (const { hunks } of readPatch(patch))
    for (const { added } of hunks)
      for (const line of added.values())
        for (const [, a, b, c] of line.matchAll(LITERAL)) {
          const text = (a ?? b ?? c ?? '').trim();
          if (text.length >= MIN_LITERAL && /\p{L}.*\s.*\p{L}/u.test(text)) texts.add(text);
        }
  return texts;
}

function codeOf(line: string): string {
  return line
    .replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/g, ' ')
    .replace(/(?:\/\/|#\s).*$/, '')
    .replace(/^\s*\*.*$/, '');
}

async function isIn(repository: Repository, tree: string, text: string, ...how: string[]): Promise<boolean> {
  try {
    await git(repository.path, ['grep', '--quiet', ...how, '--fixed-strings', '-I', '-e', text, tree]);
    return true;
  } catch (error) {
    if (error instanceof GitError && error.exitCode === 1) return false;
    throw error;
  }
}
