import { homedir } from 'node:os';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { ToolKind } from '../../tool/index.ts';
import { commandsOf, type ShellWord, type SimpleCommand } from './command-line.ts';
import type { Mode } from './mode.ts';
import { protectedPart } from './protected.ts';
import { isReadOnly } from './read-only.ts';
import {
  concerns,
  concernsFiles,
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

/**
 * What becomes of a call. Deny wins over ask, ask over allow, any rule over the mode. A command line is as free as the
 * least free of the programs it starts.
 */
export function decide(question: Question, policy: Policy): Decision {
  const commands = question.command === undefined ? undefined : commandsOf(question.command);
  const held = (outcome: 'deny' | 'ask') =>
    policy.rules.find((rule) => rule.outcome === outcome && holdsBack(rule, question, commands, policy));
  const denied = held('deny');
  if (denied) return byRule(denied);
  if (question.host !== undefined && policy.deniedHosts.some((host) => matchesHost(host, question.host!)))
    return { outcome: 'deny', because: `network.deniedDomains holds ${question.host}` };
  if (policy.mode === 'bypass') return { outcome: 'allow', because: 'mode bypass' };
  const decision = withoutDenyRules(question, commands, policy, () => held('ask'));
  if (decision.outcome === 'ask' && policy.mode === 'dont-ask')
    return { ...decision, outcome: 'deny', because: `${decision.because}, and mode dont-ask never asks` };
  return decision;
}

function withoutDenyRules(
  question: Question,
  commands: readonly SimpleCommand[] | undefined,
  policy: Policy,
  heldBack: () => Rule | undefined,
): Decision {
  const looks = onlyLooks(question, commands, policy);
  if (policy.mode === 'plan' && !looks)
    return { outcome: 'deny', because: 'mode plan changes nothing; put the change into the plan instead' };
  const guarded = protectedBy(question, commands, policy);
  if (guarded !== undefined) return { outcome: 'ask', because: `${guarded} is protected` };
  const asking = heldBack();
  if (asking) return byRule(asking);
  const allowing = allowedBy(question, commands, policy);
  if (allowing) return byRule(allowing);
  if (looks) return { outcome: 'allow', because: 'it only looks' };
  return byMode(question, commands, policy);
}

function byMode(
  { tool, host }: Question,
  commands: readonly SimpleCommand[] | undefined,
  { mode, isContained }: Policy,
): Decision {
  const allow: Decision = { outcome: 'allow', because: `mode ${mode}` };
  if (tool.kind === 'edit' && (mode === 'accept-edits' || mode === 'auto')) return allow;
  if (commands && mode === 'auto' && isContained) return allow;
  if (host !== undefined) return { outcome: 'ask', because: `${host} is not among the allowed hosts` };
  const why = commands?.find(({ opaque }) => opaque !== undefined)?.opaque;
  const because = `no rule allows it in mode ${mode}`;
  return { outcome: 'ask', because: why === undefined ? because : `${because}: ${why}` };
}

function byRule(rule: Rule): Decision {
  return { outcome: rule.outcome, because: `the rule ${rule.text} (${rule.source})`, rule };
}

/** Whether a deny or ask rule is about the call, or about any part of it. */
function holdsBack(
  rule: Rule,
  question: Question,
  commands: readonly SimpleCommand[] | undefined,
  policy: Policy,
): boolean {
  if (concerns(rule, question.tool)) {
    if (rule.pattern === undefined) return true;
    if (commands) return commands.some((command) => mayMatchCommand(rule.pattern, command));
    if (question.host !== undefined) return matchesHost(rule.pattern, question.host);
    if (question.file?.some((name) => matchesPath(rule.pattern, name, policy.root))) return true;
  }
  // What may not be read or changed may not be handed to a command either.
  return (
    commands !== undefined &&
    rule.pattern !== undefined &&
    concernsFiles(rule) &&
    commands.some((command) =>
      filesNamed(command).some((word) =>
        namesOf(word, policy).some((name) => matchesPath(rule.pattern, name, policy.root)),
      ),
    )
  );
}

/** The rule that lets the call pass: for a command line every program needs one, or must only look. */
function allowedBy(
  question: Question,
  commands: readonly SimpleCommand[] | undefined,
  policy: Policy,
): Rule | undefined {
  const rules = policy.rules.filter((rule) => rule.outcome === 'allow' && concerns(rule, question.tool));
  if (!commands) {
    return rules.find(({ pattern }) => {
      if (pattern === undefined) return true;
      if (question.host !== undefined) return matchesHost(pattern, question.host);
      return question.file?.every((name) => matchesPath(pattern, name, policy.root)) ?? false;
    });
  }
  const everything = rules.find(({ pattern }) => pattern === undefined || pattern === '*');
  if (everything) return everything;
  let used: Rule | undefined;
  for (const command of commands) {
    if (command.opaque === undefined && looksOnly(command, commands, policy)) continue;
    const rule = rules.find(({ pattern }) => matchesCommand(pattern, command.words));
    // A rule that says the whole of an opaque command, word for word, means it.
    const isMeant = command.opaque === undefined || (rule !== undefined && !rule.pattern?.includes('*'));
    if (!rule || !isMeant || /^it sets /.test(command.opaque ?? '')) return undefined;
    if (!command.writes.every((path) => mayShellWrite(path, policy))) return undefined;
    used = rule;
  }
  return used;
}

function onlyLooks(
  { tool, host }: Question,
  commands: readonly SimpleCommand[] | undefined,
  policy: Policy,
): boolean {
  if (commands) return commands.every((command) => looksOnly(command, commands, policy));
  if (host !== undefined) return policy.allowedHosts.some((allowed) => matchesHost(allowed, host));
  return tool.kind === 'think' || tool.kind === 'read' || tool.kind === 'search';
}

function looksOnly(command: SimpleCommand, all: readonly SimpleCommand[], policy: Policy): boolean {
  if (command.opaque !== undefined || command.writes.length > 0 || !isReadOnly(command.words)) return false;
  if (policy.isContained) return true;
  // Without a sandbox the files that it names are all that keeps it in the workspace.
  const moves = all.some(({ words }) => words[0] === 'cd');
  const given = [...command.words.slice(1), ...command.reads];
  return given.every((word) => {
    if (word === undefined) return false;
    const value = word.startsWith('-') ? word.replace(/^-[^=/~.]*=?/, '') : word;
    if (moves && /(?:^|[/=:])\.\.(?:\/|$)/.test(value)) return false;
    return isInside(value, policy);
  });
}

function protectedBy(
  { tool, file = [] }: Question,
  commands: readonly SimpleCommand[] | undefined,
  policy: Policy,
): string | undefined {
  const touched = (commands ?? [])
    .filter((command) => !looksOnly(command, commands!, policy))
    .flatMap((command) => filesNamed(command).flatMap((word) => namesOf(word, policy)));
  if (tool.kind === 'edit') touched.push(...file);
  for (const name of touched) {
    const part = protectedPart(name, policy.root);
    if (part !== undefined) return part;
  }
  return undefined;
}

/** The words of a command that may be files: everything but its name and plain options, and what options are set to. */
function filesNamed({ words, writes, reads }: SimpleCommand): string[] {
  const given = words.slice(1).map((word) => (word?.startsWith('-') ? word.replace(/^-[^=]*=?/, '') : word));
  return [...given, ...writes, ...reads].filter((word): word is string => word !== undefined && word !== '');
}

/** A file by its two names: as a command would take it, and with links followed. */
function namesOf(word: string, { cwd, follow }: Policy): string[] {
  const home = word === '~' || word.startsWith('~/');
  const given = home ? join(homedir(), word.slice(1)) : resolve(cwd, word);
  return [given, follow(given)];
}

function isInside(word: ShellWord, policy: Policy): boolean {
  if (word === undefined || /^~[^/]/.test(word)) return false;
  return namesOf(word, policy).every((name) => {
    const way = relative(policy.root, name);
    return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  });
}

/** A redirection changes a file, so what allows changes to files decides, not the rule for the program. */
function mayShellWrite(word: ShellWord, policy: Policy): boolean {
  if (!isInside(word, policy)) return false;
  if (policy.mode === 'accept-edits' || policy.mode === 'auto') return true;
  return policy.rules.some(
    (rule) =>
      rule.outcome === 'allow' &&
      rule.tool === 'edit' &&
      namesOf(word!, policy).every((name) => matchesPath(rule.pattern, name, policy.root)),
  );
}
