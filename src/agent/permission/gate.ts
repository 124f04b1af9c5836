import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { newId } from '../../thread/index.ts';
import type { Permit, SoundCall } from '../../tool/index.ts';
import type { Job } from '../agent.ts';
import type { PermissionAnswer, PermissionRequest, Person } from '../person.ts';
import { changesNothing, type Decision, decide, isAbout, type Policy, type Question } from './decide.ts';
import type { Mode } from './mode.ts';
import { parseRule, type Rule, type Scope } from './rule.ts';
import { suggestRules } from './suggest.ts';

/** Where rules go that are to outlive the session. */
export type KeepRules = (
  scope: 'project' | 'user',
  outcome: 'allow' | 'deny',
  rules: readonly string[],
) => Promise<void>;

export interface GateOptions {
  mode: Mode;
  rules: readonly Rule[];
  isContained: boolean;
  root: string;
  cwd: string;
  allowedHosts?: readonly string[];
  deniedHosts?: readonly string[];
  keep?: KeepRules;
}

/** A call, for the record and for the person. */
type About = Pick<PermissionRequest, 'step' | 'callId' | 'tool' | 'input'>;

interface Asking {
  emit: Job['emit'];
  person: Person | undefined;
  signal: AbortSignal;
  /** Where commands start now. */
  cwd: string;
}

/** `looks`: it changes nothing. */
type Verdict = Permit & { looks?: boolean };

/** What a session may do: it judges each call, asks the person where that is called for, and remembers the answers. */
export class Gate {
  readonly policy: Policy & { mode: Mode; rules: Rule[] };
  /** Calls that were denied, for the end of a run. */
  readonly denials: { tool: string; callId: string; input: unknown }[] = [];
  readonly #keep: KeepRules | undefined;
  /** What the paths of files are relative to, wherever the shell is. */
  readonly #base: string;
  #asking: Promise<unknown> = Promise.resolve();

  constructor({ allowedHosts = [], deniedHosts = [], rules, keep, ...policy }: GateOptions) {
    this.policy = { ...policy, rules: [...rules], allowedHosts, deniedHosts, follow: followLinks };
    this.#keep = keep;
    this.#base = policy.cwd;
  }

  /** What would become of a call, without asking anybody. */
  decide(question: Question, cwd: string = this.policy.cwd): Decision {
    return decide(question, { ...this.policy, cwd });
  }

  /** Whether a rule is about a call of one of Kino's tools. */
  isAbout(rule: Rule, sound: SoundCall): boolean {
    return isAbout(rule, questionOf(sound, this.#base), this.policy);
  }

  /** Decides a call of one of Kino's tools. */
  permit(step: number, sound: SoundCall, around: Asking): Promise<Verdict> {
    const { callId, tool } = sound.call;
    return this.judge({ step, callId, tool, input: sound.input }, questionOf(sound, this.#base), around);
  }

  /** Decides a call, and writes down what did not simply pass. */
  async judge(about: About, question: Question, around: Asking): Promise<Verdict> {
    // Each agent of a session has its own shell, and it may have gone to another folder since.
    const decideNow = () => decide(question, { ...this.policy, cwd: around.cwd });
    let decision = decideNow();
    if (decision.outcome === 'ask') {
      // One question at a time; the answer to the one before may have made a rule for this one.
      const turn = this.#asking.then(async () => {
        // While it waited, calls of other agents were judged, each where its shell is.
        this.policy.cwd = around.cwd;
        decision = decideNow();
        return decision.outcome === 'ask' ? this.#ask(about, question, decision, around) : undefined;
      });
      this.#asking = turn.catch(() => {});
      const answered = await turn;
      if (answered) return answered;
    }
    if (decision.outcome === 'allow') {
      const { command } = question;
      return { allowed: true, by: decision.because, looks: command !== undefined && changesNothing(command) };
    }
    return this.#deny(about, around, decision.rule ? 'rule' : 'mode', decision.because);
  }

  async #ask(about: About, question: Question, decision: Decision, around: Asking): Promise<Verdict> {
    const { person, emit, signal } = around;
    if (!person) {
      return this.#deny(about, around, 'nobody', `${decision.because}, and nobody is there to ask`);
    }
    const suggestions =
      decision.rule === undefined && !/ is protected$/.test(decision.because)
        ? suggestRules(question, this.policy.root)
        : [];
    const request: PermissionRequest = {
      ...{ ...about, request: newId(), reason: decision.because, suggestions },
    };
    await emit({ type: 'permission.requested', ...request, suggestions });
    const answer = signal.aborted ? undefined : await person.permit(request, signal);
    if (!answer) return this.#deny(about, around, 'nobody', 'the request was withdrawn');
    const rules = await this.#remember(answer, suggestions, emit);
    const { outcome, scope, note } = answer;
    const reason = `the person ${outcome === 'allow' ? 'allowed it' : 'refused it'}${scope === 'once' ? '' : ` for the ${scope}`}`;
    if (outcome === 'deny') {
      const told = note ? `${reason} and says: ${note}` : reason;
      return this.#deny(about, around, 'person', told, { scope, rules });
    }
    const { input: _, ...call } = about;
    await emit({ type: 'permission.decided', ...call, outcome, by: 'person', reason, scope, rules });
    return { allowed: true, by: reason };
  }

  async #remember(
    { outcome, scope }: PermissionAnswer,
    suggestions: readonly string[],
    emit: Job['emit'],
  ): Promise<string[]> {
    if (scope === 'once' || suggestions.length === 0) return [];
    const source: Record<Exclude<Scope, 'once'>, string> = {
      session: 'this session',
      project: 'your rules for this project',
      user: 'your rules',
    };
    for (const text of suggestions) this.policy.rules.push(parseRule(outcome, text, source[scope]));
    if (scope !== 'session') {
      // A home that cannot be written is no reason to stop: the answer holds for this session.
      await this.#keep?.(scope, outcome, suggestions).catch((error: Error) =>
        emit({ type: 'warning', message: `The rules hold for this session only: ${error.message}` }),
      );
    }
    return [...suggestions];
  }

  async #deny(
    { input, ...call }: About,
    { emit }: Asking,
    by: 'rule' | 'mode' | 'person' | 'nobody',
    reason: string,
    kept: { scope?: Scope; rules?: string[] } = {},
  ): Promise<Verdict> {
    this.denials.push({ tool: call.tool, callId: call.callId, input });
    await emit({ type: 'permission.decided', ...call, outcome: 'deny', by, reason, ...kept });
    return { allowed: false, reason: `Not run: ${reason}.` };
  }
}

/** What permission needs to know of a call. */
function questionOf({ tool, input, access, given }: SoundCall, base: string): Question {
  const real = access.writes ?? access.reads;
  const named = given.writes ?? given.reads;
  const isOne = real !== undefined && real !== '*' && named !== undefined;
  const address = tool.address?.(input);
  // A preview of a change reads.
  const kind = tool.kind === 'edit' && access.writes === undefined ? 'read' : tool.kind;
  return {
    tool: { name: tool.name, kind },
    ...(isOne && { file: [...new Set([resolve(base, named), real])] }),
    ...(tool.command && { command: tool.command(input) }),
    ...(address !== undefined && { host: hostOf(address) }),
  };
}

function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).hostname : address;
}

/** The real path of the part that exists, with the rest behind it. */
function followLinks(path: string): string {
  for (let at = path, rest = ''; ; rest = join(basename(at), rest), at = dirname(at)) {
    try {
      return join(realpathSync(at), rest);
    } catch {
      if (dirname(at) === at) return path;
    }
  }
}
