import type { ShellWord } from './command-line.ts';

/** Programs that change nothing, each with the words that would make it do so; long options may be abbreviated. */
const PROGRAMS: Record<string, RegExp | undefined> = {
  ':': undefined,
  '[': /^-[vR]$/,
  basename: undefined,
  break: undefined,
  cat: undefined,
  cd: undefined,
  cmp: undefined,
  comm: undefined,
  continue: undefined,
  cut: undefined,
  date: /^(?:-(?!I)[a-zA-Z]*[sf]|--s|--f|\d)/,
  df: undefined,
  diff: /^(?:-[a-zA-Z0-9]*l|--pag)/,
  dirname: undefined,
  du: undefined,
  echo: undefined,
  egrep: undefined,
  exit: undefined,
  false: undefined,
  fgrep: undefined,
  file: /^(?:-[a-zA-Z0-9]*[CmzZf]|--co|--ma|--u|--f)/,
  find: /^-(?:exec|execdir|ok|okdir|delete|fls|fprint|fprint0|fprintf|files0-from)$/,
  grep: undefined,
  head: undefined,
  id: undefined,
  ls: undefined,
  nl: undefined,
  od: undefined,
  printf: undefined,
  pwd: undefined,
  readlink: undefined,
  realpath: undefined,
  return: undefined,
  rg: /^(?:--pre|--hostname-bin|-[a-zA-Z0-9.]*z|--search-zip)/,
  seq: undefined,
  sort: /^(?:-[a-zA-Z0-9]*[oT]|--o|--co|--t)/,
  stat: undefined,
  tail: /^(?:[-+][a-zA-Z0-9]*[fF]|--fo|--r|--p)/,
  test: /^-[vR]$/,
  tr: undefined,
  tree: /^(?:-[a-zA-Z]*[oR]|--o|--fromfile)/,
  true: undefined,
  type: undefined,
  uname: undefined,
  uniq: undefined,
  wc: undefined,
  which: undefined,
  whoami: undefined,
};

/** Words that make these programs open files that no word names: those of a list, and those behind links in folders. */
const WANDERERS: Record<string, RegExp> = {
  diff: /^(?:-[a-zA-Z0-9]*r|--rec)/,
  du: /^--f/,
  egrep: /^(?:-[a-zA-Z0-9]*R|--de)/,
  fgrep: /^(?:-[a-zA-Z0-9]*R|--de)/,
  find: /^-(?:L|follow)$/,
  git: /^--pathspec-from/,
  grep: /^(?:-[a-zA-Z0-9]*R|--de)/,
  rg: /^(?:-[a-zA-Z0-9.]*L|--fol)/,
  sort: /^--f/,
  tree: /^-[a-zA-Z]*l/,
  wc: /^--f/,
};

/** Programs whose words are no files. */
const NAME_NO_FILES = new Set(
  ': basename break command continue date dirname echo exit false id printf pwd return seq tr true type uname which whoami'.split(
    ' ',
  ),
);

/** Programs whose first word is what they look for, unless an option says that. */
const SEARCHERS = new Set(['egrep', 'fgrep', 'grep', 'rg']);

/** What git may be asked without changing anything. */
const GIT: Record<string, RegExp | undefined> = {
  blame: undefined,
  branch:
    /^(?!--show-current$|--list$|-l$|-a$|-r$|-v$|-vv$|--all$|--remotes$|--merged$|--no-merged$|--contains$|--sort)/,
  'cat-file': /^--[bft]/,
  describe: undefined,
  diff: undefined,
  grep: /^(?:-[a-zA-Z0-9]*O|--no-i)/,
  log: undefined,
  'ls-files': undefined,
  'ls-tree': undefined,
  'merge-base': undefined,
  'name-rev': undefined,
  remote: /^(?!-v$|--verbose$)/,
  'rev-list': undefined,
  'rev-parse': undefined,
  shortlog: undefined,
  show: undefined,
  status: undefined,
};

/** Options of many git commands that write files or run programs (`%G` runs gpg); long ones may be abbreviated. */
const GIT_REFUSED = /^(?:--ou|--ext|--textc|-O|--op|--pag|--exec|--show-si)|%G/;

/**
 * Whether a command only looks: it writes no file, starts no other program and does not wait. What the shell computes
 * may be an option, so such words are refused where options matter.
 */
export function isReadOnly(words: readonly ShellWord[]): boolean {
  const name = programOf(words);
  if (name === undefined) return false;
  const rest = words.slice(1);
  if (name === 'git') return isReadOnlyGit(rest);
  if (name === 'uniq') return isReadOnlyUniq(rest);
  if (name === 'command') return /^-[vV]$/.test(rest[0] ?? '');
  if (name === 'printf') return rest[0] !== undefined && !rest[0].startsWith('-v');
  return Object.hasOwn(PROGRAMS, name) && isFree(rest, PROGRAMS[name]);
}

/** Whether a program that only looks opens files that its words do not name. */
export function wanders(words: readonly ShellWord[]): boolean {
  const name = programOf(words) ?? '';
  return Object.hasOwn(WANDERERS, name) && !isFree(words.slice(1), WANDERERS[name]);
}

/** The words of a program that only looks which may be files, or options with files in them. */
export function filesLookedAt(words: readonly ShellWord[]): readonly ShellWord[] {
  const name = programOf(words) ?? '';
  const rest = words.slice(1);
  if (NAME_NO_FILES.has(name)) return [];
  if (!SEARCHERS.has(name) || !isFree(rest, /^(?:-[a-zA-Z0-9]*[ef]|--reg|--f|--ex|--ig)/)) return rest;
  const sought = rest.findIndex((word) => !word?.startsWith('-'));
  return rest.filter((_, index) => index !== sought);
}

/** A program by its name where its path is the system's own. */
function programOf(words: readonly ShellWord[]): string | undefined {
  return words[0]?.replace(/^\/(?:usr\/)?bin\//, '');
}

function isReadOnlyGit(words: readonly ShellWord[]): boolean {
  const [command, ...rest] = /^(?:--no-pager|-P)$/.test(words[0] ?? '') ? words.slice(1) : words;
  if (command === undefined || !Object.hasOwn(GIT, command)) return false;
  return isFree(rest, GIT_REFUSED) && isFree(rest, GIT[command]);
}

/** Its second operand is a file that it writes. */
function isReadOnlyUniq(words: readonly ShellWord[]): boolean {
  const operands = words.filter((word) => word === '-' || !word?.startsWith('-'));
  return operands.length <= 1 && isFree(words, /^--$/);
}

function isFree(words: readonly ShellWord[], refused: RegExp | undefined): boolean {
  return refused === undefined || words.every((word) => word !== undefined && !refused.test(word));
}
