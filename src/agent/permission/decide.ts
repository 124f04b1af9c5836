import type { ToolKind } from '../../tool/index.ts';
import { commandsOf, type ShellWord, type SimpleCommand } from './command-line.ts';
import type { Mode } from './mode.ts';
import {
  changesFiles,
  type Folders,
  filesIn,
  filesNamed,
  foldersOf,
  hasUnknownFiles,
  isInside,
  isWithin,
  namesOf,
} from './named-files.ts';
import { protectedPart } from './protected.ts';
import { filesLookedAt, isReadOnly, wanders } from './read-only.ts';
import {
  concerns,
  concernsFiles,
  isAllowedHost,
  matchesCommand,
  matchesHost,
  matchesPath,
  mayMatchCommand,
  type Rule,
  type RuleOutcome,
} from './rule.ts';

/** A call, as far as permission is concerned. */
export interface Question {
  tool: { name: string; kind: ToolKind };
  /** The file that it is about, by all its names: absolute, as given and with links followed. Absent for many files. */
  file?: readonly string[];
  /** What a shell is to run. */
  command?: string;
  /** It is done by a program that no sandbox holds. */
  runsFree?: boolean;
  /** The host that is to be asked. */
  host?: string;
}

/** What holds in this session. */
export interface Policy {
  mode: Mode;
  rules: readonly Rule[];
  /** Commands can change nothing outside the workspace and reach no network but allowed hosts. */
  isContained: boolean;
  /** The workspace and the folder that commands start in; absolute, real. */
  root: string;
  cwd: string;
  /** Follows the links of an absolute path, which need not exist. */
  follow(path: string): string;
  /** Hosts that may be fetched from. */
  allowedHosts: readonly string[];
  deniedHosts: readonly string[];
}

export interface Decision {
  outcome: RuleOutcome;
  /** Why, as the end of a sentence: `the rule bash(git *) of your configuration`. */
  because: string;
  rule?: Rule;
}

/** A command line as it is understood. */
interface Line extends Folders {
  commands: readonly SimpleCommand[];
}

/**
 * What becomes of a call. Deny wins over ask, ask over allow, any rule over the mode. A command line is as free as the
 * least free of the programs it starts.
 */
export function decide(question: Question, session: Policy): Decision {
  const policy = question.runsFree ? { ...session, isContained: false } : session;
  const line = question.command === undefined ? undefined : understand(question.command, policy);
  const held = (outcome: 'deny' | 'ask') =>
    policy.rules.find((rule) => rule.outcome === outcome && holdsBack(rule, question, line, policy));
  const denied = held('deny');
  if (denied) return byRule(denied);
  if (question.host !== undefined && policy.deniedHosts.some((host) => matchesHost(host, question.host!)))
    return { outcome: 'deny', because: `network.deniedDomains holds ${question.host}` };
  if (policy.mode === 'bypass') return { outcome: 'allow', because: 'mode bypass' };
  const decision = withoutDenyRules(question, line, policy, () => held('ask'));
  if (decision.outcome === 'ask' && policy.mode === 'dont-ask')
    return { ...decision, outcome: 'deny', because: `${decision.because}, and mode dont-ask never asks` };
  return decision;
}

function understand(command: string, policy: Policy): Line {
  const commands = commandsOf(command);
  return { commands, ...foldersOf(commands, policy) };
}

function withoutDenyRules(
  question: Question,
  line: Line | undefined,
  policy: Policy,
  heldBack: () => Rule | undefined,
): Decision {
  const looks = onlyLooks(question, line, policy);
  if (policy.mode === 'plan' && !looks)
    return { outcome: 'deny', because: 'mode plan changes nothing; put the change into the plan instead' };
  const guarded = protectedBy(question, line, policy);
  if (guarded !== undefined) return { outcome: 'ask', because: `${guarded} is protected` };
  const asking = heldBack();
  if (asking) return byRule(asking);
  const allowing = allowedBy(question, line, policy);
  if (allowing) return byRule(allowing);
  if (looks) return { outcome: 'allow', because: 'it only looks' };
  return byMode(question, line, policy);
}

function byMode(
  { tool, host, file = [] }: Question,
  line: Line | undefined,
  { mode, isContained, root }: Policy,
): Decision {
  const allow: Decision = { outcome: 'allow', because: `mode ${mode}` };
  const isOurs = file.every((name) => isWithin(name, root));
  if (tool.kind === 'edit' && isOurs && (mode === 'accept-edits' || mode === 'auto')) return allow;
  if (tool.kind === 'execute' && mode === 'auto' && isContained) return allow;
  if (host !== undefined) return { outcome: 'ask', because: `${host} is not among the allowed hosts` };
  const why = line?.commands.find(({ opaque }) => opaque !== undefined)?.opaque;
  const because = `no rule allows it in mode ${mode}`;
  return { outcome: 'ask', because: why === undefined ? because : `${because}: ${why}` };
}

function byRule(rule: Rule): Decision {
  return { outcome: rule.outcome, because: `the rule ${rule.text} (${rule.source})`, rule };
}

/** Whether a command line changes no file, whatever it may look at: nothing of it need be undone. */
export function changesNothing(command: string): boolean {
  return commandsOf(command).every(
    ({ opaque, writes, words }) => opaque === undefined && writes.length === 0 && isReadOnly(words),
  );
}

/** Whether a rule is about a call, or about any part of it, whatever its outcome. */
export function isAbout(rule: Rule, question: Question, policy: Policy): boolean {
  const { command } = question;
  return holdsBack(rule, question, command === undefined ? undefined : understand(command, policy), policy);
}

/** Whether a deny or ask rule is about the call, or about any part of it. */
function holdsBack(rule: Rule, question: Question, line: Line | undefined, policy: Policy): boolean {
  const { pattern } = rule;
  if (concerns(rule, question.tool)) {
    if (pattern === undefined) return true;
    if (line) return line.commands.some((command) => mayMatchCommand(pattern, command));
    if (question.host !== undefined) return matchesHost(pattern, question.host);
    if (question.file?.some((name) => matchesPath(pattern, name, policy.root, true))) return true;
  }
  // What may not be read or changed may not be handed to a command either.
  if (!line || !concernsFiles(rule)) return false;
  return line.commands.some((command) => {
    if (rule.tool === 'edit' && pattern === undefined)
      return command.writes.length > 0 || changesFiles(command);
    return filesConcerning(rule, command).some((word) =>
      namesOf(word, line.folders, policy).some(
        (name) => pattern !== undefined && matchesPath(pattern, name, policy.root, true),
      ),
    );
  });
}

/** The files of a command that a rule for files may be about: one for changes leaves those alone that are looked at. */
function filesConcerning(rule: Rule, command: SimpleCommand): string[] {
  const isLookedAt = command.opaque === undefined && isReadOnly(command.words);
  const read = rule.tool === 'read' ? command.reads : [];
  const words = rule.tool === 'edit' && isLookedAt ? [] : filesNamed(command);
  return [...words, ...command.writes, ...read].filter((word) => word !== undefined);
}

/** The rule that lets the call pass: for a command line every program needs one, or must only look. */
function allowedBy(question: Question, line: Line | undefined, policy: Policy): Rule | undefined {
  const rules = policy.rules.filter((rule) => rule.outcome === 'allow' && concerns(rule, question.tool));
  if (!line) {
    const { file = [], host } = question;
    return rules.find(({ pattern }) => {
      if (pattern === undefined) return true;
      if (host !== undefined) return matchesHost(pattern, host);
      return file.length > 0 && file.every((name) => matchesPath(pattern, name, policy.root));
    });
  }
  const everything = rules.find(({ pattern }) => pattern === undefined || pattern === '*');
  if (everything) return everything;
  let used: Rule | undefined;
  for (const command of line.commands) {
    if (looksOnly(command, line, policy)) continue;
    const rule = rules.find(({ pattern }) => matchesCommand(pattern, command.words));
    // A rule that says the whole of an opaque command, word for word, means it.
    const isMeant = command.opaque === undefined || (rule !== undefined && !rule.pattern?.includes('*'));
    if (!rule || !isMeant || hidesFiles(command, policy)) return undefined;
    if (!command.reads.every((path) => mayShellRead(path, line, policy))) return undefined;
    if (!command.writes.every((path) => mayShellWrite(path, line, policy))) return undefined;
    used = rule;
  }
  return used;
}

function onlyLooks({ tool, host, file = [] }: Question, line: Line | undefined, policy: Policy): boolean {
  if (line) return line.commands.every((command) => looksOnly(command, line, policy));
  if (host !== undefined) return isAllowedHost(policy.allowedHosts, host);
  if (tool.kind === 'think') return true;
  return (
    (tool.kind === 'read' || tool.kind === 'search') && file.every((name) => isWithin(name, policy.root))
  );
}

function looksOnly(command: SimpleCommand, line: Line, policy: Policy): boolean {
  const { words, reads, writes, opaque } = command;
  if (opaque !== undefined || writes.length > 0 || !isReadOnly(words)) return false;
  if (hidesFiles(command, policy)) return false;
  if (policy.isContained) return true;
  // Without a sandbox the files that it names are all that keeps it in the workspace.
  if (words.includes(undefined) || wanders(words)) return false;
  // In a folder below, git may obey a configuration that is a file of the workspace like any other.
  if (words[0]?.endsWith('git') && line.folders.some((folder) => folder !== policy.root)) return false;
  const named = filesLookedAt(words).flatMap((word) => (word === undefined ? [word] : filesIn(word)));
  return [...named, ...reads].every((word) => isInside(word, line, policy));
}

/** Whether a command may change files that nobody can check, or show one that rules withhold. */
function hidesFiles(command: SimpleCommand, { rules }: Policy): boolean {
  if (!hasUnknownFiles(command)) return false;
  return (
    changesFiles(command) ||
    rules.some(
      ({ outcome, tool, pattern }) => outcome !== 'allow' && tool === 'read' && pattern !== undefined,
    )
  );
}

function protectedBy(
  { tool, file = [] }: Question,
  line: Line | undefined,
  policy: Policy,
): string | undefined {
  const folders = line?.folders ?? [];
  const touched = (line?.commands ?? [])
    .filter((command) => !looksOnly(command, line!, policy))
    .flatMap((command) => [...filesNamed(command), ...command.writes, ...command.reads])
    .flatMap((word) => (word === undefined ? [] : namesOf(word, folders, policy)));
  if (tool.kind === 'edit') touched.push(...file);
  for (const name of touched) {
    const part = protectedPart(name, policy.root);
    if (part !== undefined) return part;
  }
  return undefined;
}

/** A redirection hands a file to a program that may show it, so the rule for the program is not enough. */
function mayShellRead(word: ShellWord, line: Line, policy: Policy): boolean {
  return policy.isContained || isInside(word, line, policy);
}

/** A redirection changes a file, so what allows changes to files decides, not the rule for the program. */
function mayShellWrite(word: ShellWord, line: Line, policy: Policy): boolean {
  if (word === undefined || !isInside(word, line, policy)) return false;
  if (policy.mode === 'accept-edits' || policy.mode === 'auto') return true;
  return policy.rules.some(
    (rule) =>
      rule.outcome === 'allow' &&
      rule.tool === 'edit' &&
      namesOf(word, line.folders, policy).every((name) => matchesPath(rule.pattern, name, policy.root)),
  );
}
