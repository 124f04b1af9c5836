import type { ShellWord } from './command-line.ts';

/** Options before git's command that take the next word. */
const VALUED = new Set(['-C', '--git-dir', '--work-tree', '--namespace']);

/** What makes a git command run a program of the caller's choice, by the words behind the command. */
const RUNNERS: Record<string, (words: readonly ShellWord[]) => boolean> = {
  bisect: ([action]) => action === undefined || action === 'run',
  clone: (words) => words.some((word) => /^(?:-[a-z]*[cu]|--conf|--upl|--templ)/.test(word ?? '-c')),
  config: ([action]) => !/^(?:get|list|--get|--get-all|--list|-l)$/.test(action ?? ''),
  difftool: () => true,
  fetch: remoteProgram,
  'filter-branch': () => true,
  grep: (words) => words.some((word) => /^(?:-[a-zA-Z]*O|--op)/.test(word ?? '-O')),
  'ls-remote': remoteProgram,
  mergetool: () => true,
  pull: remoteProgram,
  push: remoteProgram,
  rebase: (words) => words.some((word) => /^(?:-[a-z]*x|--exe)/.test(word ?? '-x')),
  'send-email': () => true,
  submodule: (words) => words.some((word) => word === undefined || word === 'foreach'),
};

function remoteProgram(words: readonly ShellWord[]): boolean {
  return words.some((word) => /^--(?:upl|rece|exe)/.test(word ?? '--exec'));
}

/** Why git with these words may run any program, or come to do so; the rule `bash(git *)` does not mean that. */
export function gitRuns(words: readonly ShellWord[]): string | undefined {
  let at = 0;
  for (; words[at]?.startsWith('-'); at++) {
    if (/^(?:-c|--config-env|--exec-path=)/.test(words[at]!)) return 'it changes what git runs';
    if (VALUED.has(words[at]!)) at++;
  }
  const command = words[at];
  if (command === undefined) return at < words.length ? 'the shell computes what git does' : undefined;
  const runs = Object.hasOwn(RUNNERS, command) ? RUNNERS[command] : undefined;
  return runs?.(words.slice(at + 1)) ? 'it makes git run a program' : undefined;
}
