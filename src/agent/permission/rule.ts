import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { isAbsolute, relative, sep } from 'node:path';
import { domainToASCII } from 'node:url';
import picomatch from 'picomatch';
import { isPrivateAddress } from '../../sandbox/index.ts';
import type { ToolKind } from '../../tool/index.ts';
import type { ShellWord, SimpleCommand } from './command-line.ts';

/** How long a rule is kept. */
export const SCOPES = ['once', 'session', 'project', 'user'] as const;
export type Scope = (typeof SCOPES)[number];

export type RuleOutcome = 'allow' | 'ask' | 'deny';

/** One line of the permissions: which calls it is about, and what becomes of them. */
export interface Rule {
  outcome: RuleOutcome;
  /** As the person wrote it: `edit(src/**)`. */
  text: string;
  /** A tool's name, or a kind of tools. */
  tool: string;
  /** What stands in the parentheses; absent where every call is meant. */
  pattern?: string;
  /** Where it comes from: `user`, `project`, `session`, or a file. */
  source: string;
}

/** A rule that cannot be read. */
export class RuleError extends Error {
  override name = 'RuleError';
  constructor(text: string, why: string) {
    super(
      `${JSON.stringify(text)} is no permission rule: ${why}. Rules look like bash(git status) or edit(src/**).`,
    );
  }
}

/** Kinds by the name that rules use; a rule for one is about every tool of the kind. */
const KIND_NAMES: Record<string, readonly ToolKind[]> = {
  read: ['read', 'search'],
  edit: ['edit'],
  bash: ['execute'],
  fetch: ['fetch'],
};

/** @throws RuleError */
export function parseRule(outcome: RuleOutcome, text: string, source: string): Rule {
  const match = /^\s*([A-Za-z][\w.-]*)\s*(?:\(([\s\S]*)\))?\s*$/.exec(text);
  if (!match) throw new RuleError(text, 'it names no tool');
  const tool = match[1]!.toLowerCase();
  const pattern = match[2]?.trim();
  if (pattern === '') throw new RuleError(text, 'nothing stands in its parentheses');
  return { outcome, text: text.trim(), tool, source, ...(pattern !== undefined && { pattern }) };
}

/** Whether a rule is about a tool at all, whatever its arguments. */
export function concerns(rule: Rule, tool: { name: string; kind: ToolKind }): boolean {
  if (rule.tool === tool.name.toLowerCase()) return true;
  return Object.hasOwn(KIND_NAMES, rule.tool) && KIND_NAMES[rule.tool]!.includes(tool.kind);
}

/** Whether a rule is for reading or for changing files, so that commands that name such files are its business too. */
export function concernsFiles(rule: Rule): boolean {
  return rule.tool === 'read' || rule.tool === 'edit';
}

/**
 * Whether a pattern of words fits a command: word for word, `*` in a word for any characters of one word, `*` as the
 * last word for any further words or none. A word that only the shell knows fits the last `*` alone.
 */
export function matchesCommand(pattern: string | undefined, words: readonly ShellWord[]): boolean {
  if (pattern === undefined || pattern === '*') return true;
  const wanted = pattern.split(/\s+/);
  const isOpen = wanted.at(-1) === '*' && wanted.length > 1;
  const fixed = isOpen ? wanted.slice(0, -1) : wanted;
  if (isOpen ? words.length < fixed.length : words.length !== fixed.length) return false;
  return fixed.every((word, index) => {
    const given = words[index];
    return given !== undefined && wildcard(word).test(given);
  });
}

/** What separates words where a word is itself a text with commands in it. */
const SEPARATORS = /[\s;&|()`'"$<>{}[\]=!]+/;

/**
 * Whether a rule that forbids or holds back may be about a command. It is generous: programs are known by the last
 * part of their path, options before the words of the pattern are passed over, what only the shell knows may be
 * anything, and of a command that is not understood every word may be a program.
 */
export function mayMatchCommand(
  pattern: string | undefined,
  { words, text, opaque }: SimpleCommand,
): boolean {
  if (pattern === undefined) return true;
  const wanted = pattern.split(/\s+/);
  if (mayBegin(wanted, words)) return true;
  if (opaque === undefined) return false;
  const texts = words.length > 0 ? words : [text];
  const tokens = texts.flatMap(
    (word) => word?.split(SEPARATORS).filter((token) => token !== '') ?? [undefined],
  );
  const open = wanted.at(-1) === '*' ? wanted : [...wanted, '*'];
  return tokens.some((token, from) => token !== undefined && mayBegin(open, tokens.slice(from)));
}

function mayBegin(wanted: readonly string[], words: readonly ShellWord[]): boolean {
  if (words.length === 0) return false;
  const isOpen = wanted.at(-1) === '*';
  const fixed = isOpen ? wanted.slice(0, -1) : wanted;
  // Where the next word of the pattern may stand.
  let places = new Set([0]);
  for (const [index, pattern] of fixed.entries()) {
    const next = new Set<number>();
    for (const place of places) {
      const word = words[place];
      if (place < words.length && word === undefined) return true;
      if (word === undefined) continue;
      if (index === 0 ? isProgram(pattern, word) : wildcard(pattern, 'i').test(word)) next.add(place + 1);
    }
    places = pastOptions(next, words);
  }
  return isOpen ? places.size > 0 : places.has(words.length);
}

/** `git -C folder push` is `git push`: an option may be passed over, alone or with a value. */
function pastOptions(places: ReadonlySet<number>, words: readonly ShellWord[]): Set<number> {
  const all = new Set(places);
  // A set is walked to what is added on the way.
  for (const place of all) {
    if (!words[place]?.startsWith('-')) continue;
    all.add(place + 1);
    if (place + 2 <= words.length) all.add(place + 2);
  }
  return all;
}

function isProgram(pattern: string, word: string): boolean {
  return wildcard(pattern.replace(/^.*\//s, ''), 'i').test(word.replace(/^.*\//s, ''));
}

function wildcard(word: string, flags = ''): RegExp {
  const source = word.split(/\*+/).map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${source.join('[\\s\\S]*')}$`, flags);
}

/**
 * Whether a pattern of files fits a path. Patterns are relative to the workspace unless they begin with `/` or `~/`.
 *
 * @param generously whether names that differ in case alone are the same, as on some file systems
 */
export function matchesPath(
  pattern: string | undefined,
  path: string,
  root: string,
  generously = false,
): boolean {
  if (pattern === undefined) return true;
  const glob = pattern.replace(/^~(?=\/|$)/, () => homedir()).replace(/^\.\/|(?<=.)\/$/g, '');
  const inside = relative(root, path);
  // A name may hold a newline, which picomatch's `**` would stop at.
  const options = { dot: true, flags: generously ? 'is' : 's' };
  if (isAbsolute(glob)) return picomatch.isMatch(path, [glob, `${glob}/**`], options);
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) return false;
  if (inside === '') return /^(?:\.|\*\*?)$/.test(glob);
  // A name without a slash means a file of that name anywhere, as in .gitignore; a folder means what is in it.
  const anywhere = glob.includes('/') ? glob : `**/${glob}`;
  return picomatch.isMatch(inside, [anywhere, `${anywhere}/**`], options);
}

/** Whether a pattern of hosts (`example.com`, `*.example.com`) fits a host; what is no host fits `*` alone. */
export function matchesHost(pattern: string | undefined, host: string): boolean {
  if (pattern === undefined || pattern === '*') return true;
  const wanted = nameOfHost(pattern.replace(/^\*\./, ''));
  const given = nameOfHost(host);
  if (wanted === '' || given === '') return false;
  return pattern.startsWith('*.') ? given.endsWith(`.${wanted}`) : given === wanted;
}

/**
 * Whether a host is among those that are allowed. `*` means the hosts of the world: this machine and the network around
 * it are allowed by name alone.
 */
export function isAllowedHost(patterns: readonly string[], host: string): boolean {
  const literal = host.replace(/^\[|\]$|\.+$/g, '');
  const isNear = isIP(literal) === 0 ? /(?:^|\.)localhost$/i.test(literal) : isPrivateAddress(literal);
  return patterns.some((pattern) => !(isNear && pattern === '*') && matchesHost(pattern, host));
}

/** A host as it is looked up: lower case, other alphabets encoded, without the dot of the root; empty for no host. */
function nameOfHost(text: string): string {
  const host = text.replace(/\.+$/, '');
  return /[\s/?#@\\%]/.test(host) ? '' : domainToASCII(host) || host.toLowerCase();
}
