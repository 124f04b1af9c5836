import type { ShellWord, SimpleCommand } from './command-line.ts';

/** Options that take the next word, of programs that start the program that follows them. */
const TRANSPARENT: Record<string, { valued: readonly string[]; operands: number }> = {
  nice: { valued: ['-n', '--adjustment'], operands: 0 },
  nohup: { valued: [], operands: 0 },
  time: { valued: ['-f', '--format'], operands: 0 },
  timeout: { valued: ['-k', '--kill-after', '-s', '--signal'], operands: 1 },
  stdbuf: { valued: ['-i', '-o', '-e'], operands: 0 },
  setsid: { valued: [], operands: 0 },
  ionice: { valued: ['-c', '-n'], operands: 0 },
  command: { valued: [], operands: 0 },
  builtin: { valued: [], operands: 0 },
};

const SHELLS = new Set(['sh', 'bash', 'dash', 'zsh', 'ksh']);

/** Programs that do what their arguments or their input say, or that become someone else. */
const INTERPRETERS: Record<string, string> = {
  eval: 'it runs text that the shell puts together',
  exec: 'it replaces the shell',
  source: 'it runs a file as shell code',
  '.': 'it runs a file as shell code',
  sudo: 'it runs as another user',
  doas: 'it runs as another user',
  su: 'it runs as another user',
  env: 'it changes the environment of a program',
  alias: 'it gives a command another meaning',
  trap: 'it runs text later',
  enable: 'it changes what the shell itself does',
  hash: 'it changes where the shell finds a program',
  shopt: 'it changes how the shell reads what follows',
  set: 'it changes how the shell reads what follows',
  export: 'it changes the environment of what follows',
  declare: 'it changes what follows in the shell',
  typeset: 'it changes what follows in the shell',
  readonly: 'it changes what follows in the shell',
  mapfile: 'it can run a callback',
  readarray: 'it can run a callback',
  parallel: 'it runs commands that it reads',
  watch: 'it runs text as shell code',
  chroot: 'it runs a program under another root',
  nsenter: 'it runs a program in another namespace',
  unshare: 'it runs a program in another namespace',
  setpriv: 'it runs a program with other rights',
  script: 'it runs text as shell code',
  ssh: 'it runs text on another machine',
};

const FIND_ACTIONS = new Set(['-exec', '-execdir', '-ok', '-okdir']);

/**
 * What a command comes to when the programs in front of the real one are taken away. A command that is no wrapper
 * comes back with the very same `words`.
 *
 * @param parseLine understands the text that a shell is told to run
 */
export function unwrap(
  words: readonly ShellWord[],
  depth: number,
  parseLine: (line: string, depth: number) => SimpleCommand[],
): SimpleCommand[] {
  const name = programName(words[0]);
  const text = words.map((word) => word ?? '…').join(' ');
  const self: SimpleCommand = { words, text, writes: [], reads: [] };
  if (name === undefined) return [{ ...self, opaque: 'the shell computes which program it runs' }];
  if (SHELLS.has(name)) return unwrapShell(self, depth, parseLine);
  if (name === 'find') return [self, ...findActions(words).flatMap((inner) => again(inner))];
  if (name === 'xargs') {
    const inner = afterOptions(words, XARGS_VALUED, 0);
    if (inner === undefined) return [{ ...self, opaque: 'its options cannot be followed' }];
    // What it reads becomes further arguments, which nobody knows yet.
    return inner.length === 0 ? [self] : again([...inner, undefined]);
  }
  const reason = Object.hasOwn(INTERPRETERS, name) ? INTERPRETERS[name] : undefined;
  if (reason !== undefined) {
    const own = { ...self, opaque: reason };
    // What it would run is named as well, so that a rule that denies it sees it.
    return name === 'eval' ? [own, ...parseLine(words.slice(1).join(' '), depth + 1)] : [own];
  }
  const wrapper = Object.hasOwn(TRANSPARENT, name) ? TRANSPARENT[name] : undefined;
  if (wrapper) {
    if (name === 'command' && (words[1] === '-v' || words[1] === '-V')) return [self];
    const inner = afterOptions(words, wrapper.valued, wrapper.operands);
    if (inner === undefined) return [{ ...self, opaque: 'its options cannot be followed' }];
    return inner.length === 0 ? [self] : again(inner);
  }
  return [self];

  function again(inner: readonly ShellWord[]): SimpleCommand[] {
    return unwrap(inner, depth + 1, parseLine);
  }
}

const XARGS_VALUED = [
  '-I',
  '-n',
  '-P',
  '-L',
  '-d',
  '-s',
  '-E',
  '-a',
  '--max-args',
  '--max-procs',
  '--delimiter',
  '--arg-file',
];

/** `/usr/bin/git` and `git` are one program to a rule only when the path is a system's own. */
function programName(word: ShellWord): string | undefined {
  return word?.replace(/^\/(?:usr\/(?:local\/)?)?bin\//, '');
}

function unwrapShell(
  self: SimpleCommand,
  depth: number,
  parseLine: (line: string, depth: number) => SimpleCommand[],
): SimpleCommand[] {
  const { words } = self;
  let at = 1;
  let runsText = false;
  for (; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) return [{ ...self, opaque: 'the shell computes its options' }];
    if (!/^-[a-z]+$/.test(word)) break;
    // Options that only make it stricter or louder, and -c; others (-i, -l, -O) load files or change the language.
    if (!/^-[ceuxnv]+$/.test(word)) return [{ ...self, opaque: `a shell with ${word}` }];
    runsText ||= word.includes('c');
  }
  if (!runsText) return [{ ...self, opaque: 'it runs a file or its input as shell code' }];
  const code = words[at];
  if (code === undefined) return [{ ...self, opaque: 'the shell computes the code that it runs' }];
  return parseLine(code, depth + 1);
}

/** The words after a wrapper's own options and operands; undefined where an option is not known. */
function afterOptions(
  words: readonly ShellWord[],
  valued: readonly string[],
  operands: number,
): readonly ShellWord[] | undefined {
  let at = 1;
  for (; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) return undefined;
    if (word === '--') {
      at++;
      break;
    }
    if (!word.startsWith('-') || word === '-') break;
    if (valued.includes(word)) at++;
    // A short option with its value behind it, a long one with =, or a flag.
    else if (!/^-[a-zA-Z0-9]+$|^--[a-z-]+(?:=.*)?$/.test(word)) return undefined;
  }
  for (let skipped = 0; skipped < operands; skipped++, at++) if (words[at] === undefined) return undefined;
  return words.slice(at);
}

/** The commands that `find` is told to run. */
function findActions(words: readonly ShellWord[]): ShellWord[][] {
  const found: ShellWord[][] = [];
  for (let at = 1; at < words.length; at++) {
    if (!FIND_ACTIONS.has(words[at] ?? '')) continue;
    const rest = words.slice(at + 1);
    const end = rest.findIndex((word) => word === ';' || word === '+');
    found.push(rest.slice(0, end === -1 ? undefined : end).map((word) => (word === '{}' ? undefined : word)));
  }
  return found;
}
