/** What a model call consumed. Unknown counts are absent, never 0. */
export interface Usage {
  /** All input tokens, those read from a cache included. */
  inputTokens?: number;
  /** Input tokens that a provider's cache answered. */
  cachedTokens?: number;
  /** All output tokens, reasoning included. */
  outputTokens?: number;
  reasoningTokens?: number;
}

/** A tool call as the model asked for it. `input` is absent when its JSON was unusable; then it never ran. */
export interface ToolCallRecord {
  callId: string;
  tool: string;
  input?: unknown;
  /** The text that the model sent where it is no JSON object. */
  malformed?: string;
}

/** How a piece of work ended. */
export type ThreadStatus = 'running' | 'done' | 'failed' | 'exhausted' | 'interrupted';

export interface ScoreRecord {
  /** In 0..1, or null when the rollout could not be scored (infrastructure). */
  reward: number | null;
  metrics: Record<string, number>;
  explanation?: string;
  findings: { name: string; detail: string }[];
}

/** The first event of a thread: everything that is known before work begins. */
export interface ThreadStarted {
  type: 'thread.started';
  kind: 'session' | 'rollout' | 'experiment';
  title: string;
  agent?: string;
  model?: string;
  /** The repository that the work is about: an absolute path or an address. */
  repository?: string;
  /** The commit that the work starts from. */
  base?: string;
  workspace?: string;
  sandbox?: string;
  mode?: string;
  /** The thread that started this one. */
  parent?: string;
  kino: string;
  host: string;
  pid: number;
}

/** One request to a model, written before it is sent. */
export interface ModelRequested {
  type: 'model.requested';
  step: number;
  attempt: number;
  messages: number;
}

/** A request that failed and will be sent again after a pause. */
export interface ModelRetried {
  type: 'model.retried';
  step: number;
  attempt: number;
  reason: string;
  delayMs: number;
}

/** Text or reasoning as it streams, coalesced; the message that follows repeats it whole. */
export interface AssistantDelta {
  type: 'assistant.delta';
  step: number;
  channel: 'text' | 'reasoning';
  text: string;
}

/** A complete answer of the model. Tool calls run only after this event is written. */
export interface AssistantMessage {
  type: 'assistant.message';
  step: number;
  text: string;
  reasoning?: string;
  toolCalls: ToolCallRecord[];
  finish: string;
  usage: Usage;
  /** US dollars; absent where the model's price is not known. */
  costUsd?: number;
  durationMs: number;
  /** What the provider wants to see again with this message (signatures of reasoning and the like). */
  providerState?: unknown;
}

export interface ToolStarted {
  type: 'tool.started';
  step: number;
  callId: string;
  tool: string;
  input: unknown;
}

export interface ToolEnded {
  type: 'tool.ended';
  step: number;
  callId: string;
  tool: string;
  ok: boolean;
  /** What the model is shown: bounded, with what was cut said in it. */
  output: string;
  /** The complete output, where it was cut. */
  outputFile?: string;
  durationMs: number;
}

export interface ThreadEnded {
  type: 'thread.ended';
  status: Exclude<ThreadStatus, 'running'>;
  /** One sentence: why it ended so. */
  reason: string;
  /** It failed for a reason that says nothing about the agent: a dead endpoint, a sandbox that does not start. */
  infrastructure?: boolean;
  /** The agent's last words: what it answers. */
  answer: string;
  steps: number;
  usage: Usage;
  /** US dollars; absent where any call's price is not known. */
  costUsd?: number;
  durationMs: number;
}

/** A rollout as its experiment remembers it. The last one of a cell (task, agent, attempt) counts. */
export interface RolloutFinished {
  type: 'rollout.finished';
  /** The rollout's own thread. */
  thread: string;
  task: string;
  repository: string;
  agent: string;
  attempt: number;
  status: Exclude<ThreadStatus, 'running'>;
  reason: string;
  reward: number | null;
  metrics: Record<string, number>;
  steps: number;
  seconds: number;
  /** US dollars; absent where unknown. */
  costUsd?: number;
}

/** What happened in a thread, without its place in it. */
export type ThreadEvent =
  | ThreadStarted
  | { type: 'user.message'; text: string }
  | { type: 'instructions.loaded'; path: string; bytes: number }
  | ModelRequested
  | ModelRetried
  | AssistantDelta
  | AssistantMessage
  | ToolStarted
  | ToolEnded
  | { type: 'warning'; message: string }
  | ({ type: 'rollout.scored'; task: string; attempt: number } & ScoreRecord)
  | { type: 'experiment.planned'; plan: unknown }
  | RolloutFinished
  | { type: 'thread.resumed'; kino: string; host: string; pid: number }
  | ThreadEnded;

/** An event in its place: `seq` counts from 1 without gaps, `at` is milliseconds since 1970. */
export type StoredEvent = ThreadEvent & { seq: number; at: number };
