/** What an artifact is made of decides how it is shown. */
export type ArtifactKind =
  | 'questions'
  | 'research'
  | 'design'
  | 'outline'
  | 'plan'
  | 'tasks'
  | 'walkthrough'
  | 'review'
  | 'tour'
  | 'diagram'
  | 'image'
  | 'recording'
  | 'report'
  | 'diff'
  | 'note';

/** An image in gray and small, by which is told what of it is still there in another version. */
export interface Look {
  /** In dots. */
  width: number;
  height: number;
  /** A byte a dot, row by row, packed by zlib, in base64. */
  gray: string;
}

/** A version of something made for a person to review. */
export interface ArtifactWritten {
  type: 'artifact.written';
  /** Its name in the thread, the same for all versions: lower-case words with hyphens. */
  artifact: string;
  kind: ArtifactKind;
  title: string;
  /** Counted from 1. */
  version: number;
  mediaType: string;
  /** The whole text, where it is text. */
  text?: string;
  /** An absolute path of a file that nobody changes, where it is none. */
  file?: string;
  /** How it looks, where it is an image that could be read. */
  look?: Look;
  bytes: number;
  /** Whether its author wants it looked at before work goes on; absent where it did not say. */
  wantsReview?: boolean;
}

/** What a comment is about. Numbers of lines count from 1, parts of an image are shares of its width and height. */
export type Anchor =
  | { kind: 'whole' }
  | { kind: 'text'; quote: string; prefix: string; suffix: string; line: number }
  | {
      kind: 'diff';
      path: string;
      side: 'old' | 'new';
      line: number;
      text: string;
      before: string;
      after: string;
    }
  | { kind: 'region'; x: number; y: number; width: number; height: number; second?: number }
  | { kind: 'question'; question: string };

/** A person's remark on a version of an artifact. The agent knows nothing of it until it is sent. */
export interface CommentAdded {
  type: 'comment.added';
  comment: string;
  artifact: string;
  version: number;
  anchor: Anchor;
  text: string;
}

/** Comments that the agent is told now, all at once. */
export interface CommentsSent {
  type: 'comments.sent';
  comments: string[];
}

/** What the agent says to a comment. */
export interface CommentAnswered {
  type: 'comment.answered';
  comment: string;
  answer: string;
  /** Whether it did what the comment wants. */
  addressed: boolean;
}

/** The person is done with a comment, or opens it again. */
export interface CommentClosed {
  type: 'comment.closed' | 'comment.reopened';
  comment: string;
}

/** What a person decided about a part of a change. The agent knows nothing of it until it is told. */
export interface HunkDecided {
  type: 'hunk.decided';
  path: string;
  /** Of its file and lines: a hunk that changes is another one. */
  hunk: string;
  /** `rejected` ones were taken out of the workspace, `reopened` ones put back, or no longer accepted. */
  decision: 'accepted' | 'rejected' | 'reopened';
  /** Of a rejected one, to put it back: a patch that makes the change, in base64 because files need be no UTF-8. */
  patch?: string;
}

/** What a validator said of a change. */
export interface ValidatorResult {
  name: string;
  command: string;
  /** `not-run` where it is not there, took too long or was stopped: that says nothing of the change. */
  result: 'passed' | 'failed' | 'not-run';
  /** The head and the end of what it printed. */
  output: string;
  durationMs: number;
}

/** The repository's validators ran on what a thread has changed. */
export interface ValidatorsRan {
  type: 'validators.ran';
  /** The number of the last event of the work that they judge. */
  since: number;
  results: ValidatorResult[];
}

/** The person has seen what came of the work so far. */
export interface ThreadSeen {
  type: 'thread.seen';
}

/** A flow begins: its phases as data, and what is wanted. */
export interface FlowPlanned {
  type: 'flow.planned';
  workflow: unknown;
  request: string;
  policy: 'always-proceed' | 'agent-decides' | 'request-review';
  /** Who works on its phases where nobody says another; absent for whoever is configured. */
  by?: { agent?: string; model?: string; mode?: string };
}

/** A phase is worked on, in a thread of its own. */
export interface PhaseStarted {
  type: 'phase.started';
  phase: string;
  /** How often it was begun afresh, from 1. */
  run: number;
  thread: string;
}

/** What was decided about what a phase has made. */
export interface PhaseDecided {
  type: 'phase.decided';
  phase: string;
  run: number;
  decision: 'approved' | 'sent-back' | 'discarded';
  by: 'person' | 'agent' | 'policy';
  /** The versions that it was about, by the artifact's name. */
  versions: Record<string, number>;
  note?: string;
}

/** What happens to the artifacts of a thread and to a flow. */
export type FlowEvent =
  | ArtifactWritten
  | CommentAdded
  | CommentsSent
  | CommentAnswered
  | CommentClosed
  | HunkDecided
  | ValidatorsRan
  | ThreadSeen
  | FlowPlanned
  | PhaseStarted
  | PhaseDecided;
