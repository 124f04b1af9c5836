import type { ShellWord, SimpleCommand } from './command-line.ts';
import { gitRuns } from './git-runs.ts';

/** A program that starts the program that follows it. */
interface Wrapper {
  /** Options that take the next word. */
  valued: readonly string[];
  /** Options that stand alone, with their values in them. Any other might take a word, or write a file. */
  alone: RegExp;
  /** Words between the options and the program. */
  operands: number;
}

const TRANSPARENT: Record<string, Wrapper> = {
  nice: { valued: ['-n', '--adjustment'], alone: /^(?:-n?-?\d+|--adjustment=-?\d+)$/, operands: 0 },
  nohup: { valued: [], alone: /^$/, operands: 0 },
  time: { valued: [], alone: /^-[pv]$/, operands: 0 },
  timeout: {
    valued: ['-k', '--kill-after', '-s', '--signal'],
    alone: /^(?:--foreground|--preserve-status|-v|--verbose|-[ks][\w.]+|--(?:kill-after|signal)=[\w.]+)$/,
    operands: 1,
  },
  stdbuf: {
    valued: ['-i', '-o', '-e'],
    alone: /^(?:-[ioe]|--(?:input|output|error)=)[L\d][\dKMG]*$/,
    operands: 0,
  },
  setsid: { valued: [], alone: /^(?:-[fw]+|--fork|--wait)$/, operands: 0 },
  ionice: { valued: ['-c', '-n'], alone: /^(?:-[cn]\d|-t)$/, operands: 0 },
  command: { valued: [], alone: /^$/, operands: 0 },
  builtin: { valued: [], alone: /^$/, operands: 0 },
};

const XARGS: Wrapper = {
  valued: ['-I', '-n', '-P', '-L', '-d', '-s'],
  alone:
    /^(?:-[0rtx]*|-[0rtx]*[nPLs]\d+|-[dI].+|--null|--no-run-if-empty|--verbose|--max-(?:args|procs|lines)=\d+)$/,
  operands: 0,
};

/** Programs that start what their words say, in a way or a place that nobody follows here. */
const STARTERS: Record<string, string> = {
  busybox: 'it is many programs',
  caffeinate: 'it runs another program',
  chroot: 'it runs a program under another root',
  chrt: 'it runs another program',
  compgen: 'it can run text as shell code',
  complete: 'it can run text as shell code',
  doas: 'it runs as another user',
  entr: 'it runs another program',
  env: 'it changes the environment of a program',
  eval: 'it runs text that the shell puts together',
  exec: 'it replaces the shell',
  fc: 'it runs what was run before',
  flock: 'it runs another program',
  ksh: 'it runs code of another shell',
  mapfile: 'it can run a callback',
  nsenter: 'it runs a program in another namespace',
  parallel: 'it runs commands that it reads',
  pkexec: 'it runs as another user',
  readarray: 'it can run a callback',
  runuser: 'it runs as another user',
  script: 'it runs text as shell code',
  setpriv: 'it runs a program with other rights',
  ssh: 'it runs text on another machine',
  strace: 'it runs another program',
  su: 'it runs as another user',
  sudo: 'it runs as another user',
  'systemd-run': 'it runs another program',
  taskset: 'it runs another program',
  toybox: 'it is many programs',
  trap: 'it runs text later',
  unshare: 'it runs a program in another namespace',
  watch: 'it runs text as shell code',
  zsh: 'it runs code of another shell',
};

/** Commands of the shell that change what the rest of the line means. */
const CHANGERS: Record<string, string> = {
  '.': 'it runs a file as shell code',
  alias: 'it gives a command another meaning',
  bind: 'it changes what the shell itself does',
  declare: 'it changes what follows in the shell',
  enable: 'it changes what the shell itself does',
  export: 'it changes the environment of what follows',
  getopts: 'it sets variables',
  hash: 'it changes where the shell finds a program',
  let: 'it computes with variables, which can run code',
  local: 'it changes what follows in the shell',
  popd: 'nobody can tell which folder it goes to',
  pushd: 'nobody can tell which folder it goes to',
  read: 'it sets variables',
  readonly: 'it changes what follows in the shell',
  set: 'it changes how the shell reads what follows',
  shopt: 'it changes how the shell reads what follows',
  source: 'it runs a file as shell code',
  typeset: 'it changes what follows in the shell',
  unset: 'it changes what follows in the shell',
};

/** What a plain `sh` reads otherwise than bash does: to it `((rm x))` and `[[ a > b ]]` are commands. */
const BASH_ONLY = /\$['"]|\[\[|\(\(|[<>]\(|&>|<<<|\bfunction\b|\bselect\b|\bcoproc\b/;

const FIND_ACTIONS = new Set(['-exec', '-execdir', '-ok', '-okdir']);

/** Programs inside programs inside … are followed this deep. */
const MAX_DEPTH = 12;

type ParseLine = (line: string, depth: number) => SimpleCommand[];

/**
 * What a command comes to when the programs in front of the real one are taken away. A command that is no wrapper
 * comes back with the very same `words`.
 *
 * @param parseLine understands the text that a shell is told to run
 */
export function unwrap(words: readonly ShellWord[], depth: number, parseLine: ParseLine): SimpleCommand[] {
  // `/usr/bin/timeout` is `timeout`; one that lies elsewhere is any program.
  const name = words[0]?.replace(/^\/(?:usr\/(?:local\/)?)?bin\//, '');
  const text = words.map((word) => word ?? '…').join(' ');
  const self: SimpleCommand = { words, text, writes: [], reads: [] };
  const anything = (opaque: string): SimpleCommand => ({ ...self, words: [undefined], opaque });
  if (name === undefined) return [{ ...self, opaque: 'the shell computes which program it runs' }];
  if (depth > MAX_DEPTH) return [anything('it is nested too deeply')];
  if (name === 'bash' || name === 'sh' || name === 'dash') return unwrapShell();
  if (name === 'find') {
    const actions = findActions(words).flatMap(again);
    return [words.includes(undefined) ? opaque('the shell computes what it does') : self, ...actions];
  }
  if (name === 'xargs') return unwrapXargs();
  if (Object.hasOwn(STARTERS, name)) {
    const own = opaque(STARTERS[name]!);
    // What it would run is named as well, so that a rule that denies it sees it.
    if (words.includes(undefined)) return [own, anything(STARTERS[name]!)];
    return name === 'eval' ? [own, ...parseLine(words.slice(1).join(' '), depth + 1)] : [own];
  }
  if (Object.hasOwn(CHANGERS, name)) return [opaque(CHANGERS[name]!)];
  const reason = name === 'git' ? gitRuns(words.slice(1)) : ofBuiltin(name, words);
  if (reason !== undefined) return [opaque(reason)];
  const wrapper = Object.hasOwn(TRANSPARENT, name) ? TRANSPARENT[name] : undefined;
  if (!wrapper || (name === 'command' && /^-[vV]$/.test(words[1] ?? ''))) return [self];
  const inner = afterOptions(words, wrapper);
  if (inner === undefined) return [opaque('its options cannot be followed')];
  return inner.length === 0 ? [self] : again(inner);

  function opaque(why: string): SimpleCommand {
    return { ...self, opaque: why };
  }

  function again(inner: readonly ShellWord[]): SimpleCommand[] {
    return unwrap(inner, depth + 1, parseLine);
  }

  function unwrapXargs(): SimpleCommand[] {
    const inner = afterOptions(words, XARGS);
    if (inner === undefined) return [opaque('its options cannot be followed')];
    const own = words.slice(0, words.length - inner.length);
    const placeholders = own.flatMap((word, at) =>
      word === '-I' ? [own[at + 1] ?? ''] : word?.startsWith('-I') ? [word.slice(2)] : [],
    );
    // What it reads stands for the placeholder, or becomes further arguments, and nobody knows it yet.
    const filled = inner.map((word) =>
      placeholders.some((held) => word?.includes(held)) ? undefined : word,
    );
    return again([...(filled.length === 0 ? ['echo'] : filled), undefined]);
  }

  function unwrapShell(): SimpleCommand[] {
    let at = 1;
    let runsText = false;
    for (; at < words.length; at++) {
      const word = words[at];
      if (word === undefined) return [anything('the shell computes its options')];
      if (!/^-[a-z]+$/.test(word)) break;
      // Options that only make it stricter or louder, and -c; others (-i, -l, -O) load files or change the language.
      if (!/^-[ceuxnv]+$/.test(word)) return [opaque(`it is a shell with ${word}`)];
      runsText ||= word.includes('c');
    }
    const code = words[at];
    if (!runsText && at < words.length) return [opaque('it runs a file as shell code')];
    if (!runsText)
      return [opaque('it runs its input as shell code'), anything('it runs its input as shell code')];
    if (code === undefined)
      return [opaque('the shell computes the code that it runs'), anything('it runs that code')];
    const inner = parseLine(code, depth + 1);
    return name !== 'bash' && BASH_ONLY.test(code) ? [opaque('its shell may not be bash'), ...inner] : inner;
  }
}

/** Commands of the shell that evaluate a subscript in a word, and so run the substitutions in it. */
function ofBuiltin(name: string, [, ...words]: readonly ShellWord[]): string | undefined {
  if (name === 'printf' && (words[0] === undefined ? words.length > 0 : words[0].startsWith('-v')))
    return 'it sets a variable';
  if ((name === 'test' || name === '[') && words.some((word) => word === undefined || /^-[vR]$/.test(word)))
    return 'it may look into a variable that the shell computes';
  if (name === 'wait' && words.some((word) => word === undefined || /^-[a-z]*p/.test(word)))
    return 'it sets a variable';
  return undefined;
}

/** The words after a wrapper's own options and operands; undefined where it is not certain where they begin. */
function afterOptions(
  words: readonly ShellWord[],
  { valued, alone, operands }: Wrapper,
): readonly ShellWord[] | undefined {
  let at = 1;
  for (; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) break;
    if (word === '--') {
      at++;
      break;
    }
    if (!word.startsWith('-') || word === '-') break;
    if (valued.includes(word)) at++;
    else if (!alone.test(word)) return undefined;
  }
  at += operands;
  // A word that the shell computes may come to several words, or to none.
  if (words.slice(0, at).includes(undefined)) return undefined;
  return words.slice(at);
}

/** The commands that `find` is told to run. */
function findActions(words: readonly ShellWord[]): ShellWord[][] {
  const found: ShellWord[][] = [];
  for (let at = 1; at < words.length; at++) {
    if (!FIND_ACTIONS.has(words[at] ?? '')) continue;
    const rest = words.slice(at + 1);
    const end = rest.findIndex((word, index) => word === ';' || (word === '+' && rest[index - 1] === '{}'));
    const action = rest.slice(0, end === -1 ? undefined : end);
    if (action.length > 0) found.push(action.map((word) => (word?.includes('{}') ? undefined : word)));
  }
  return found;
}
