import { homedir } from 'node:os';
import { isAbsolute, join, relative, sep } from 'node:path';
import picomatch from 'picomatch';
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
  return rule.tool === tool.name || (KIND_NAMES[rule.tool]?.includes(tool.kind) ?? false);
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
  if (pattern === undefined) return true;
  const wanted = pattern.split(/\s+/);
  const isOpen = wanted.at(-1) === '*' && wanted.length > 1;
  if (pattern === '*') return true;
  const fixed = isOpen ? wanted.slice(0, -1) : wanted;
  if (isOpen ? words.length < fixed.length : words.length !== fixed.length) return false;
  return fixed.every((word, index) => {
    const given = words[index];
    return given !== undefined && wildcard(word).test(given);
  });
}

/**
 * Whether a rule that forbids or holds back fits a command. It is generous: of a command that is not understood every
 * tail is looked at, and programs are known by the last part of their path.
 */
export function mayMatchCommand(pattern: string | undefined, command: SimpleCommand): boolean {
  if (pattern === undefined) return true;
  const words = command.words.map((word, index) => (index === 0 ? word?.replace(/^.*\//, '') : word));
  if (matchesGenerously(pattern, words)) return true;
  if (command.opaque === undefined) return false;
  return words.some((_, from) => matchesGenerously(pattern, words.slice(from)));
}

/** As `matchesCommand`, but what only the shell knows may be anything. */
function matchesGenerously(pattern: string, words: readonly ShellWord[]): boolean {
  const wanted = pattern.split(/\s+/);
  const isOpen = wanted.at(-1) === '*';
  const fixed = isOpen ? wanted.slice(0, -1) : wanted;
  if (words[0] === undefined) return false;
  if (isOpen ? words.length < fixed.length : words.length !== fixed.length) return false;
  return fixed.every((word, index) => words[index] === undefined || wildcard(word).test(words[index]!));
}

function wildcard(word: string): RegExp {
  const source = word.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${source.join('[\\s\\S]*')}$`);
}

/** Whether a pattern of files fits a path. Patterns are relative to the workspace unless they begin with `/` or `~/`. */
export function matchesPath(pattern: string | undefined, path: string, root: string): boolean {
  if (pattern === undefined) return true;
  const glob = pattern.startsWith('~/') ? join(homedir(), pattern.slice(2)) : pattern.replace(/^\.\//, '');
  const inside = relative(root, path);
  const leaves = inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
  if (isAbsolute(glob)) return picomatch.isMatch(path, [glob, `${glob}/**`], { dot: true });
  if (leaves) return false;
  // A name without a slash means a file of that name anywhere, as in .gitignore; a folder means what is in it.
  const anywhere = glob.includes('/') ? glob : `**/${glob}`;
  return picomatch.isMatch(inside, [anywhere, `${anywhere.replace(/\/$/, '')}/**`], { dot: true });
}

/** Whether a pattern of hosts (`example.com`, `*.example.com`) fits a host. */
export function matchesHost(pattern: string | undefined, host: string): boolean {
  if (pattern === undefined || pattern === '*') return true;
  const wanted = pattern.toLowerCase();
  const given = host.toLowerCase().replace(/\.$/, '');
  return wanted.startsWith('*.') ? given.endsWith(wanted.slice(1)) : given === wanted;
}
