import type { Scope } from './permission/rule.ts';

/** A call that waits for a yes or a no. */
export interface PermissionRequest {
  step: number;
  callId: string;
  /** Which asking this is: no other has the same. */
  request: string;
  tool: string;
  input: unknown;
  /** Why it did not simply pass. */
  reason: string;
  /** Rules that would let this call and its like pass; empty where no rule can. */
  suggestions: readonly string[];
}

export interface PermissionAnswer {
  outcome: 'allow' | 'deny';
  /** How long the answer holds; beyond `once` the suggestions become rules. */
  scope: Scope;
  /** What the agent is told with a no. */
  note?: string;
}

/** Something the agent wants to know. */
export interface Inquiry {
  step: number;
  callId: string;
  /** Which asking this is: no other has the same. */
  request: string;
  question: string;
  /** Answers to choose from; another one may be given. */
  options: readonly string[];
}

/** Who can be asked while the agent works: at a terminal, in an editor, in the manager. */
export interface Person {
  /** @returns undefined when the request was withdrawn, by `signal` or by the person leaving */
  permit(request: PermissionRequest, signal: AbortSignal): Promise<PermissionAnswer | undefined>;
  /** @returns undefined when it was not answered */
  answer(inquiry: Inquiry, signal: AbortSignal): Promise<string | undefined>;
}
