import type { FlowEvent } from './flow-event.ts';

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
  kind: 'session' | 'rollout' | 'experiment' | 'flow';
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
  /** Whose work it is: the name by which they commit. */
  person?: string;
  /** The thread that started this one. */
  parent?: string;
  /** The thread whose events this one begins with, and the number of the last of them there. */
  forkedFrom?: { thread: string; seq: number };
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

/** What a person said, or Kino in their place. */
export interface UserMessage {
  type: 'user.message';
  text: string;
  /** Absent for the person: `kino` for what the loop itself says to its model. */
  from?: 'kino';
  /** It came while the agent worked: told at the next step (`steer`) or when it had ended (`queue`). */
  delivery?: 'steer' | 'queue';
  images?: ImageRecord[];
}

/** An image, kept beside the thread. */
export interface ImageRecord {
  mediaType: string;
  /** Absolute path of a file that nobody changes. */
  file: string;
  bytes: number;
}

/** Instructions of the repository that the agent was given, once each. */
export interface InstructionsLoaded {
  type: 'instructions.loaded';
  path: string;
  bytes: number;
  /** What became a part of the system prompt; what is read later stands in a tool's output. */
  text?: string;
}

export interface ToolStarted {
  type: 'tool.started';
  step: number;
  callId: string;
  tool: string;
  input: unknown;
  /** What let it pass: a rule, the mode, or the person. */
  allowedBy?: string;
}

/** A call that waits for the person. */
export interface PermissionRequested {
  type: 'permission.requested';
  step: number;
  callId: string;
  /** Which asking this is: no other has the same, whatever the model calls its calls. */
  request?: string;
  tool: string;
  input: unknown;
  reason: string;
  /** Rules that would let this call and its like pass. */
  suggestions: string[];
}

/** What became of a call that did not simply pass. */
export interface PermissionDecided {
  type: 'permission.decided';
  step: number;
  callId: string;
  tool: string;
  outcome: 'allow' | 'deny';
  /** Who decided; `nobody` where a person was needed and none was there. */
  by: 'rule' | 'mode' | 'person' | 'nobody';
  reason: string;
  scope?: 'once' | 'session' | 'project' | 'user';
  /** Rules that were made of the answer. */
  rules?: string[];
}

/** The files of the workspace as they were around a step that may have changed some. */
export interface CheckpointMade {
  type: 'checkpoint.made';
  step: number;
  moment: 'before' | 'after';
  /** The id of a git tree. */
  tree: string;
  /** After a step: paths that it changed, from the root of the workspace, so many at most. */
  changed?: string[];
}

/** The changes of steps were taken back. What the person had changed since was kept. */
export interface FilesRestored {
  type: 'files.restored';
  steps: number[];
  restored: string[];
  kept: { path: string; reason: string }[];
  /** The tree as it was before; restoring it takes the restoration back. */
  before: string;
}

/** From here on the thread is as it was after its event `toSeq`; what lies between is history. */
export interface ThreadRewound {
  type: 'thread.rewound';
  step: number;
  toSeq: number;
}

/** What filled the context window when a step was asked for, in estimated tokens. */
export interface ContextMeasured {
  type: 'context.measured';
  step: number;
  window: number;
  /** Tokens beyond which models get worse. */
  smartZone: number;
  used: number;
  parts: Record<'system' | 'instructions' | 'tools' | 'files' | 'results' | 'conversation', number>;
}

/** Old results of tools that the model is no longer shown. */
export interface ContextFolded {
  type: 'context.folded';
  step: number;
  results: { step: number; callId: string }[];
  /** Estimated tokens that this frees. */
  tokens: number;
}

/** The conversation starts anew from a summary. */
export interface ContextCompacted {
  type: 'context.compacted';
  step: number;
  reason: string;
  /** Markdown: what the model starts from. */
  text: string;
  /** Where the person can read and change it. */
  file?: string;
  tokensBefore: number;
  tokensAfter: number;
}

export interface TodoItem {
  text: string;
  status: 'pending' | 'in_progress' | 'done';
}

/** An agent that another one has started; its work is in its own thread. */
export interface SubagentStarted {
  type: 'subagent.started';
  step: number;
  callId: string;
  thread: string;
  agent: string;
  model?: string;
  task: string;
}

export interface SubagentEnded {
  type: 'subagent.ended';
  step: number;
  callId: string;
  thread: string;
  status: Exclude<ThreadStatus, 'running'>;
  steps: number;
  usage: Usage;
  /** US dollars; absent where unknown. */
  costUsd?: number;
  durationMs: number;
}

/** A question to the person, and later its answer. */
export interface QuestionAsked {
  type: 'question.asked';
  step: number;
  callId: string;
  /** Which asking this is: no other has the same. */
  request?: string;
  question: string;
  options: string[];
}

export interface QuestionAnswered {
  type: 'question.answered';
  step: number;
  callId: string;
  answer: string;
  by: 'person' | 'nobody';
}

/** A hook of the person or of a trusted repository has run. */
export interface HookRan {
  type: 'hook.ran';
  event: string;
  command: string;
  outcome: 'passed' | 'blocked' | 'failed';
  output: string;
  durationMs: number;
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
  images?: ImageRecord[];
  durationMs: number;
}

export interface ThreadEnded {
  type: 'thread.ended';
  status: Exclude<ThreadStatus, 'running'>;
  /** One sentence: why it ended so. */
  reason: string;
  /** It failed for a reason that says nothing about the agent: a dead endpoint, a sandbox that does not start. */
  infrastructure?: boolean;
  /** What the person is to do before it goes on. */
  awaits?: 'approval';
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
  | UserMessage
  | InstructionsLoaded
  | ModelRequested
  | ModelRetried
  | AssistantDelta
  | AssistantMessage
  | ToolStarted
  | ToolEnded
  | PermissionRequested
  | PermissionDecided
  | CheckpointMade
  | FilesRestored
  | ThreadRewound
  | ContextMeasured
  | ContextFolded
  | ContextCompacted
  | SubagentStarted
  | SubagentEnded
  | QuestionAsked
  | QuestionAnswered
  | HookRan
  | { type: 'mode.changed'; mode: string }
  | { type: 'model.changed'; model: string }
  | { type: 'todo.updated'; items: TodoItem[] }
  | { type: 'warning'; message: string }
  | ({ type: 'rollout.scored'; task: string; attempt: number } & ScoreRecord)
  | { type: 'experiment.planned'; plan: unknown }
  | RolloutFinished
  | FlowEvent
  | { type: 'thread.resumed'; kino: string; host: string; pid: number }
  | ThreadEnded;

/** An event in its place: `seq` counts from 1 without gaps, `at` is milliseconds since 1970. */
export type StoredEvent = ThreadEvent & { seq: number; at: number };
