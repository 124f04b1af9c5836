import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Permit, SoundCall } from '../../tool/index.ts';
import type { Job } from '../agent.ts';
import type { PermissionAnswer, PermissionRequest, Person } from '../person.ts';
import { type Decision, decide, type Policy, type Question } from './decide.ts';
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
  decide(question: Question): Decision {
    return decide(question, this.policy);
  }

  /** Decides a call, and writes down what did not simply pass. */
  async permit(
    step: number,
    sound: SoundCall,
    {
      emit,
      person,
      signal,
      cwd,
    }: { emit: Job['emit']; person: Person | undefined; signal: AbortSignal; cwd: string },
  ): Promise<Permit & { looks?: boolean }> {
    const question = questionOf(sound, this.#base);
    // The shell may have gone to another folder since.
    this.policy.cwd = cwd;
    let decision = this.decide(question);
    if (decision.outcome === 'ask') {
      // One question at a time; the answer to the one before may have made a rule for this one.
      const turn = this.#asking.then(async () => {
        decision = this.decide(question);
        return decision.outcome === 'ask'
          ? this.#ask(step, sound, question, decision, { emit, person, signal })
          : undefined;
      });
      this.#asking = turn.catch(() => {});
      const answered = await turn;
      if (answered) return answered;
    }
    if (decision.outcome === 'allow') {
      return { allowed: true, by: decision.because, looks: decision.because === 'it only looks' };
    }
    return this.#deny(step, sound, emit, decision.rule ? 'rule' : 'mode', decision.because);
  }

  async #ask(
    step: number,
    { call, input }: SoundCall,
    question: Question,
    decision: Decision,
    { emit, person, signal }: { emit: Job['emit']; person: Person | undefined; signal: AbortSignal },
  ): Promise<Permit> {
    const sound = { call, input };
    if (!person) {
      const why = `${decision.because}, and nobody is there to ask`;
      return this.#deny(step, sound, emit, 'nobody', why);
    }
    const about = { step, callId: call.callId, tool: call.tool, input };
    const suggestions =
      decision.rule === undefined && !/ is protected$/.test(decision.because)
        ? suggestRules(question, this.policy.root)
        : [];
    const request: PermissionRequest = { ...about, reason: decision.because, suggestions };
    await emit({ type: 'permission.requested', ...request, suggestions });
    const answer = signal.aborted ? undefined : await person.permit(request, signal);
    if (!answer) return this.#deny(step, sound, emit, 'nobody', 'the request was withdrawn');
    const rules = await this.#remember(answer, suggestions);
    const { outcome, scope, note } = answer;
    const reason = `the person ${outcome === 'allow' ? 'allowed it' : 'refused it'}${scope === 'once' ? '' : ` for the ${scope}`}`;
    if (outcome === 'deny') {
      const told = note ? `${reason} and says: ${note}` : reason;
      return this.#deny(step, sound, emit, 'person', told, { scope, rules });
    }
    await emit({
      type: 'permission.decided',
      ...withoutInput(about),
      outcome,
      by: 'person',
      reason,
      scope,
      rules,
    });
    return { allowed: true, by: reason };
  }

  async #remember({ outcome, scope }: PermissionAnswer, suggestions: readonly string[]): Promise<string[]> {
    if (scope === 'once' || suggestions.length === 0) return [];
    const source: Record<Exclude<Scope, 'once'>, string> = {
      session: 'this session',
      project: 'your rules for this project',
      user: 'your rules',
    };
    for (const text of suggestions) this.policy.rules.push(parseRule(outcome, text, source[scope]));
    if (scope !== 'session') await this.#keep?.(scope, outcome, suggestions);
    return [...suggestions];
  }

  async #deny(
    step: number,
    { call, input }: Pick<SoundCall, 'call' | 'input'>,
    emit: Job['emit'],
    by: 'rule' | 'mode' | 'person' | 'nobody',
    reason: string,
    kept: { scope?: Scope; rules?: string[] } = {},
  ): Promise<Permit> {
    this.denials.push({ tool: call.tool, callId: call.callId, input });
    const { callId, tool } = call;
    await emit({ type: 'permission.decided', step, callId, tool, outcome: 'deny', by, reason, ...kept });
    return { allowed: false, reason: `Not run: ${reason}.` };
  }
}

function withoutInput<T extends { input: unknown }>({ input: _, ...rest }: T): Omit<T, 'input'> {
  return rest;
}

/** What permission needs to know of a call. */
function questionOf({ tool, input, access, given }: SoundCall, base: string): Question {
  const real = access.writes ?? access.reads;
  const named = given.writes ?? given.reads;
  const isOne = real !== undefined && real !== '*' && named !== undefined;
  const address = tool.address?.(input);
  return {
    tool,
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
