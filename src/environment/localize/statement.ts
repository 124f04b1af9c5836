import { classify } from '../../project/index.ts';

const TRAILER =
  /^\s*(?:signed-off-by|co-authored-by|reviewed-by|reviewed-on|acked-by|tested-by|reported-by|suggested-by|helped-by|cc|change-id|git-svn-id|differential revision|reviewers?|pull[- ]request|pr-url|refs?|bug|issue|see[- ]also|closes?|fix(?:es)?|resolves?)\s*:.*$/gim;
const REFERENCE = /\(#\d+\)|(?:\b[\w.-]{1,100}\/[\w.-]{1,100})?#\d+\b/g;
const URL = /\bhttps?:\/\/[^\s)\]>"'`]+/gi;
const COMMIT_ID = /\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}\b/g;
const PATH = /(?<![\w@.+-])(?:\.{0,2}\/)?(?:[\w@.+-]+\/)+[\w@.+-]*/g;
const FILE = /\b[\w@+-][\w@.+-]{0,200}\.[A-Za-z][A-Za-z0-9]{0,9}\b/g;
/** The file list that some write into messages: `* src/x.c (f): …`. */
const CHANGELOG_ENTRY = /^\s*\*\s+[\w./-]+(?:\s+\([^)]*\))?\s*:/gm;

/** Stands where something was taken out; no message can hold it. */
const HOLE = '\0';
const WRAPPED = /[`"'[(<*]+\0[`"'\])>*]+/g;
const LIST = /\0(?:\s*(?:,|;|&|\/|\band\b|\bor\b)\s*)+(?=\0)/g;
/** Words that only lead to what was taken out. */
const LEADING =
  /(?:(?<![\w-])(?:from|to|for|by|in|into|of|at|via|per|on|with|and|or|see|also|issues?|prs?|pull request|bug|commit|file|fix(?:es|ed)?|close[sd]?|resolve[sd]?|refs?|address(?:es|ed)?|after|since|as)[ \t]+){0,3}\0/gi;

/** Takes out the holes, with the words that lead to them, so that no sentence points at nothing. */
function closeHoles(text: string): string {
  return text.replace(WRAPPED, HOLE).replace(LIST, '').replace(LEADING, '');
}

/** Members and products that look like files: `items.map`, `process.env`, `Node.js`. */
const NO_FILE =
  /^\w+\.(?:map|env|lock)$|^(?:node|next|vue|nuxt|react|express|three|ember|backbone|d3|chart|moment|alpine|solid)\.js$|^asp\.net$/i;

/** A word that names a file by its extension. `e.g.` and `Array.from` are none. */
function namesFile(word: string, known: ReadonlySet<string>): boolean {
  if (known.has(word.toLowerCase())) return true;
  if (NO_FILE.test(word)) return false;
  const kind = classify(word);
  if (kind === 'other')
    return /\.(?:json|ya?ml|toml|ini|cfg|conf|xml|lock|gradle|properties|env)$/i.test(word);
  // `Foo.d` and `x.s` are members far more often than files.
  return /\.[A-Za-z0-9]{2,}$/.test(word) || /\.[chr]$/.test(word);
}

/**
 * What a commit message asks, with everything taken out that would give the answer away or mean nothing: paths and
 * file names, addresses, commit ids, issue numbers, trailers.
 *
 * @param files the paths that the commit touches: their names go as well. A name without its extension stays: it is
 *   what people call the thing
 */
export function statementOf(message: string, files: readonly string[]): string {
  const names = new Set<string>();
  for (const path of files) names.add(baseOf(path).toLowerCase());
  let text = message.replace(/\r/g, '');
  // Names with spaces, brackets or letters beyond ASCII, which no pattern below takes whole.
  const odd = [...files, ...files.map(baseOf)].filter(
    (name) => /[./]/.test(name) && !/^[\w@.+/-]+$/.test(name),
  );
  for (const name of odd.sort((a, b) => b.length - a.length)) text = text.replaceAll(name, '');
  // The subject is no trailer: `fix: …` says there what kind of change it is.
  const [subject = ''] = text.split('\n', 1);
  const body = text.slice(subject.length).replace(TRAILER, '');
  text = (subject + body)
    .replace(/^git-svn-id:.*$/gm, '')
    .replace(/^(?:This reverts commit|\(cherry picked from commit).*$/gm, '')
    .replace(CHANGELOG_ENTRY, '')
    .replace(URL, HOLE)
    .replace(REFERENCE, (reference) => (reference.startsWith('(') ? '' : HOLE))
    .replace(PATH, (path) => (isPath(path, names, files) ? HOLE : path))
    .replace(FILE, (word) => (namesFile(word, names) ? HOLE : word))
    .replace(COMMIT_ID, HOLE);
  return tidy(closeHoles(text));
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** `and/or`, `read/write` and `I/O` stay; a path has an extension, a leading dot or slash, or is one of the tree. */
function isPath(text: string, names: ReadonlySet<string>, files: readonly string[]): boolean {
  const bare = text.replace(/^\.{0,2}\//, '').replace(/[/.]+$/, '');
  if (text.startsWith('./') || text.startsWith('../')) return true;
  if (/\.[A-Za-z0-9]{1,6}$/.test(bare) || bare.split('/').length > 2) return true;
  if (names.has(bare.slice(bare.lastIndexOf('/') + 1).toLowerCase())) return true;
  return files.some(
    (path) =>
      path.startsWith(`${bare}/`) ||
      path.includes(`/${bare}/`) ||
      path.replace(/\.[^./]+$/, '').endsWith(bare),
  );
}

function tidy(text: string): string {
  return text
    .replace(/`\s+`|"\s+"|'\s+'|(?<=\s)\(\s*[,;]*\s*\)/g, '')
    .replace(/[ \t]+/g, ' ')
    .replace(/ ([.,;:!?)])/g, '$1')
    .replace(/^[ ,;:.&+-]+$/gm, '')
    .replace(/ +$/gm, '')
    .replace(/^ +/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/^[\s:,;-]+/, '')
    .trim();
}

/** How many words a text has: runs with at least one letter. */
export function countWords(text: string): number {
  return text.split(/\s+/).filter((word) => /\p{L}/u.test(word)).length;
}
