import type { ShellWord } from './command-line.ts';

/** Programs that change nothing, each with the words that would make it do so; long options may be abbreviated. */
const PROGRAMS: Record<string, RegExp | undefined> = {
  basename: undefined,
  cat: undefined,
  cd: undefined,
  cmp: undefined,
  comm: undefined,
  cut: undefined,
  date: /^(?:-s|--s|-f|--f|\d)/,
  df: undefined,
  diff: /^(?:-l|--pag)/,
  dirname: undefined,
  du: /^--f/,
  echo: undefined,
  egrep: undefined,
  false: undefined,
  fgrep: undefined,
  file: /^(?:-C|--co|-m|--ma|-z|-Z|--u)/,
  find: /^-(?:exec|execdir|ok|okdir|delete|fls|fprint|fprint0|fprintf|files0-from)$/,
  grep: undefined,
  head: undefined,
  id: undefined,
  ls: undefined,
  nl: undefined,
  od: undefined,
  printf: /^-v/,
  pwd: undefined,
  readlink: undefined,
  realpath: undefined,
  rg: /^(?:--pre|--hostname-bin|-z|--search-zip)/,
  sort: /^(?:--o|--co|-T|--t|--f|-[a-zA-Z]*o)/,
  stat: undefined,
  tail: /^(?:--fo|--r|--p|-[a-zA-Z]*[fF])/,
  tr: undefined,
  tree: /^(?:-o|-R|--fromfile)/,
  true: undefined,
  type: undefined,
  uname: undefined,
  uniq: undefined,
  wc: /^--f/,
  which: undefined,
  whoami: undefined,
};

/** What git may be asked without changing anything. */
const GIT: Record<string, RegExp | undefined> = {
  blame: undefined,
  branch:
    /^(?!--show-current$|--list$|-l$|-a$|-r$|-v$|-vv$|--all$|--remotes$|--merged$|--no-merged$|--contains$|--sort)/,
  'cat-file': /^(?:--batch|--filters|--textconv)/,
  describe: undefined,
  diff: undefined,
  log: undefined,
  'ls-files': undefined,
  'ls-tree': undefined,
  'merge-base': undefined,
  'name-rev': undefined,
  'rev-list': undefined,
  'rev-parse': undefined,
  shortlog: undefined,
  show: undefined,
  status: undefined,
};

/** Options of many git commands that write files or run programs; long ones may be abbreviated. */
const GIT_REFUSED = /^(?:--ou|--ext|--textc|-O|--op|--pag|--exec)/;

/**
 * Whether a command only looks: it writes no file, starts no other program and does not wait. What the shell computes
 * may be an option, so such words are refused where options matter.
 */
export function isReadOnly(words: readonly ShellWord[]): boolean {
  const name = words[0]?.replace(/^\/(?:usr\/)?bin\//, '');
  if (name === undefined) return false;
  const rest = words.slice(1);
  if (name === 'git') return isReadOnlyGit(rest);
  if (!Object.hasOwn(PROGRAMS, name)) return false;
  if (name === 'uniq' && rest.filter((word) => !word?.startsWith('-')).length > 1) return false;
  return isFree(rest, PROGRAMS[name]);
}

function isReadOnlyGit(words: readonly ShellWord[]): boolean {
  const [command, ...rest] = words[0] === '--no-pager' ? words.slice(1) : words;
  if (command === undefined || !Object.hasOwn(GIT, command)) return false;
  return rest.every((word) => word !== undefined && !GIT_REFUSED.test(word)) && isFree(rest, GIT[command]);
}

function isFree(words: readonly ShellWord[], refused: RegExp | undefined): boolean {
  return refused === undefined || words.every((word) => word !== undefined && !refused.test(word));
}
