import { homedir } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { ShellWord, SimpleCommand } from './command-line.ts';

/** Where a command line runs. */
export interface Place {
  /** The workspace; absolute, real. */
  root: string;
  /** Where it starts. */
  cwd: string;
  /** Follows the links of an absolute path, which need not exist. */
  follow(path: string): string;
}

/** A line that goes to more folders than this is not followed. */
const MAX_FOLDERS = 64;

/** Programs that change the files that their words name. */
const CHANGES_FILES =
  /^(?:cp|mv|rm|ln|dd|tee|install|touch|truncate|unlink|shred|mkdir|rmdir|chmod|chown|chgrp|rsync|patch|sed|tar|unzip)$/;

/** Programs that show what is in the files that their words name. */
const SHOWS_FILES =
  /^(?:awk|base64|bat|cat|cmp|comm|cut|diff|egrep|fgrep|grep|head|hexdump|jq|less|more|nl|od|rg|sort|strings|tail|uniq|wc|xxd)$/;

/** Where the parts of a line may run. */
export interface Folders {
  folders: readonly string[];
  /** Whether these may not be all. */
  isLost: boolean;
}

/**
 * Where a line starts, and wherever a `cd` in it may lead, by the name that the shell remembers and by the real one;
 * a `cd` may fail, and not be reached.
 */
export function foldersOf(commands: readonly SimpleCommand[], place: Place): Folders {
  const folders = new Set([place.cwd]);
  let isLost = false;
  for (const { words, opaque } of commands) {
    if (words[0] !== 'cd') continue;
    isLost ||= opaque !== undefined || folders.size > MAX_FOLDERS;
    if (folders.size > MAX_FOLDERS) break;
    const last = words.slice(1).findLast((word) => !/^-[LP-]$/.test(word ?? '-'));
    for (const folder of [...folders]) {
      for (const name of namesOf(last ?? '~', [folder], place)) folders.add(name);
    }
  }
  return { folders: [...folders], isLost };
}

/** A file by its names: as a command in any of the folders would take it, and with links followed. */
export function namesOf(word: string, folders: readonly string[], { follow }: Place): string[] {
  const given = folders.flatMap((folder) => [absolute(word, folder), walked(word, folder, follow)]);
  return [...new Set([...given, ...given.map((path) => follow(path))])];
}

/** A path as the system walks it: `link/..` is the folder that holds what the link leads to. */
function walked(word: string, folder: string, follow: Place['follow']): string {
  if (!/\/\.\.(?:\/|$)/.test(word)) return absolute(word, folder);
  const [first, ...rest] = word.split('/');
  return rest.reduce(
    (at, part) => (part === '..' ? dirname(follow(at)) : join(at, part)),
    first === '' ? '/' : absolute(first!, folder),
  );
}

function absolute(word: string, folder: string): string {
  return word === '~' || word.startsWith('~/') ? join(homedir(), word.slice(1)) : resolve(folder, word);
}

/** Whether a word names something in the workspace, whichever of the folders it is taken from. */
export function isInside(word: ShellWord, { folders, isLost }: Folders, place: Place): boolean {
  if (word === undefined || isLost || /^~[^/]/.test(word)) return false;
  return namesOf(word, folders, place).every((name) => isWithin(name, place.root));
}

export function isWithin(path: string, root: string): boolean {
  const way = relative(root, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** What in a word may be a file: the word, or in an option what it is set to (`--file=x`, `-fx`, `-abfx`). */
export function filesIn(word: string): string[] {
  if (!word.startsWith('-') || word === '-') return [word];
  const at = word.indexOf('=');
  const set = at === -1 ? [] : [word.slice(at + 1)];
  if (word.startsWith('--')) return set;
  const letters = /^[a-zA-Z0-9]*/.exec(word.slice(1))![0].length;
  return [...set, ...Array.from({ length: letters }, (_, index) => word.slice(index + 2))].filter(
    (file) => file !== '',
  );
}

/** The words of a command that may be files; also those behind a name (`of=x`, `HEAD:x`). */
export function filesNamed({ words }: SimpleCommand): string[] {
  return words
    .slice(1)
    .filter((word) => word !== undefined)
    .flatMap((word) => [...filesIn(word), ...word.split(/[=:]/).slice(1), word.replace(/^[^=:]*[=:]/, '')])
    .filter((file) => file !== '');
}

/** Whether a command changes the files it names. */
export function changesFiles({ words }: SimpleCommand): boolean {
  return CHANGES_FILES.test(programOf(words));
}

/** Whether a command may show or change files that only the shell knows. */
export function hasUnknownFiles(command: SimpleCommand): boolean {
  const { words, reads } = command;
  if (reads.includes(undefined)) return true;
  return words.includes(undefined) && (changesFiles(command) || SHOWS_FILES.test(programOf(words)));
}

function programOf(words: readonly ShellWord[]): string {
  return words[0]?.replace(/^.*\//, '') ?? '';
}
