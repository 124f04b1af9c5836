import type { ThreadEvent, TodoItem } from './event.ts';
import { firstLine, headline, saysAll } from './headline.ts';

/** What a board shows of a thread besides its summary: a projection of its events, in a few hundred bytes. */
export interface Activity {
  /** Answers of the model. */
  steps: number;
  /** US dollars of its own calls and of those that it handed on; absent where any is unknown. */
  costUsd?: number;
  /** A price was not known. */
  hasUnknownCost?: boolean;
  /** Estimated tokens in the window, when it was last measured. */
  context?: { used: number; window: number; smartZone: number };
  /** What waits for the person, the oldest first. */
  waiting: Waiting[];
  /** What it is doing now, in a few words. */
  doing?: string;
  /** How far its list is. */
  todo?: { done: number; of: number };
  /** Milliseconds that were worked on it, as far as that has ended. */
  workedMs?: number;
  /** Validators that what it changed does not pass; absent where all pass, or none ran. */
  broken?: string[];
  /** What the person is to do before it goes on. */
  awaits?: 'approval';
  /** It has ended, and the person has not looked at what came of it. */
  isUnseen?: boolean;
  /** How many artifacts it has made; absent for none. */
  artifacts?: number;
  /** Files that it changed, from the root of its workspace, the latest last, so many at most. */
  files: string[];
  /** Files that calls which have not ended are to change. */
  changing?: { callId: string; path: string }[];
  /** How it ended, in one sentence. */
  reason?: string;
  /** Whose work it is. */
  person?: string;
  mode?: string;
  sandbox?: string;
  workspace?: string;
}

/** A call or a question that waits for an answer. */
export interface Waiting {
  kind: 'permission' | 'question';
  callId: string;
  request?: string;
  step: number;
  /** One line: the tool with what it is to do, or the question. */
  what: string;
  /** The line says all that the call is to do. */
  isAll?: boolean;
}

const MAX_FILES = 40;
const MAX_WORDS = 160;

export function noActivity(): Activity {
  return { steps: 0, waiting: [], files: [] };
}

/** What an activity is after an event; the same object where the event changes nothing of it. */
export function withEvent(activity: Activity, event: ThreadEvent): Activity {
  switch (event.type) {
    case 'thread.started':
      return {
        ...activity,
        ...(event.person !== undefined && { person: event.person }),
        ...(event.mode !== undefined && { mode: event.mode }),
        ...(event.sandbox !== undefined && { sandbox: event.sandbox }),
        ...(event.workspace !== undefined && { workspace: event.workspace }),
      };
    case 'thread.resumed': {
      const { reason: _, isUnseen: __, awaits: ___, ...rest } = activity;
      return { ...rest, waiting: [] };
    }
    case 'thread.seen': {
      const { isUnseen, ...rest } = activity;
      return isUnseen ? rest : activity;
    }
    case 'validators.ran': {
      const { broken: _, ...rest } = activity;
      const failed = event.results.filter(({ result }) => result === 'failed').map(({ name }) => name);
      return failed.length > 0 ? { ...rest, broken: failed } : rest;
    }
    case 'phase.decided': {
      const { awaits: _, ...rest } = activity;
      return rest;
    }
    case 'mode.changed':
      return { ...activity, mode: event.mode };
    case 'model.requested':
      return { ...activity, doing: 'thinks' };
    case 'assistant.message':
      return { ...withCost(activity, event.costUsd), steps: activity.steps + 1 };
    case 'subagent.started':
      return { ...activity, doing: `${event.agent}: ${firstLine(event.task, MAX_WORDS)}` };
    case 'subagent.ended':
      return withCost(activity, event.costUsd);
    case 'tool.started': {
      const [path] = givenPath(event.tool, event.input, activity.workspace);
      return {
        ...without(activity, event.callId),
        doing: `${event.tool} ${headline(event.input, MAX_WORDS)}`.trim(),
        ...(path !== undefined && {
          changing: [...(activity.changing ?? []), { callId: event.callId, path }].slice(-MAX_FILES),
        }),
      };
    }
    case 'checkpoint.made':
      return event.changed
        ? { ...activity, files: withFiles(activity.files, ownFiles(event.changed)) }
        : activity;
    case 'permission.requested':
      return waitingFor(activity, {
        ...{ kind: 'permission', callId: event.callId, step: event.step },
        ...(event.request !== undefined && { request: event.request }),
        what: `${event.tool} ${headline(event.input, MAX_WORDS)}`.trim(),
        ...(saysAll(event.input, MAX_WORDS) && { isAll: true }),
      });
    case 'question.asked':
      return waitingFor(activity, {
        ...{ kind: 'question', callId: event.callId, step: event.step },
        ...(event.request !== undefined && { request: event.request }),
        what: firstLine(event.question, MAX_WORDS),
      });
    case 'permission.decided':
    case 'question.answered':
      return without(activity, event.callId);
    case 'tool.ended': {
      const { changing = [], ...rest } = without(activity, event.callId);
      const path = changing.find(({ callId }) => callId === event.callId)?.path;
      const others = changing.filter(({ callId }) => callId !== event.callId);
      return {
        ...{ ...rest, ...(others.length > 0 && { changing: others }) },
        files: event.ok && path !== undefined ? withFiles(rest.files, [path]) : rest.files,
      };
    }
    case 'context.measured':
      return {
        ...activity,
        context: { used: event.used, window: event.window, smartZone: event.smartZone },
      };
    case 'todo.updated':
      return {
        ...activity,
        todo: { done: event.items.filter(isDone).length, of: event.items.length },
      };
    case 'artifact.written':
      return event.version === 1 ? { ...activity, artifacts: (activity.artifacts ?? 0) + 1 } : activity;
    case 'thread.ended': {
      const { doing: _, awaits: __, changing: ___, ...rest } = activity;
      // Who stopped it knows.
      const isUnseen = event.status !== 'interrupted';
      const workedMs = (activity.workedMs ?? 0) + event.durationMs;
      return {
        ...{ ...rest, waiting: [], reason: event.reason, workedMs },
        ...(isUnseen && { isUnseen }),
        ...(event.awaits && { awaits: event.awaits }),
      };
    }
    default:
      return activity;
  }
}

function isDone({ status }: TodoItem): boolean {
  return status === 'done';
}

function waitingFor(activity: Activity, one: Waiting): Activity {
  return { ...activity, waiting: [...activity.waiting.filter(({ callId }) => callId !== one.callId), one] };
}

function without(activity: Activity, callId: string): Activity {
  const waiting = activity.waiting.filter((one) => one.callId !== callId);
  return waiting.length === activity.waiting.length ? activity : { ...activity, waiting };
}

function withCost(activity: Activity, costUsd: number | undefined): Activity {
  if (costUsd === undefined) {
    const { costUsd: _, ...rest } = activity;
    return { ...rest, hasUnknownCost: true };
  }
  return activity.hasUnknownCost ? activity : { ...activity, costUsd: (activity.costUsd ?? 0) + costUsd };
}

/** Tools that change the file which they are given. */
const CHANGING = new Set(['write', 'edit']);

/** The file that a call is about to change, from the root of the workspace. */
function givenPath(tool: string, input: unknown, workspace = ''): string[] {
  const path = (input as { path?: unknown } | null)?.path;
  if (!CHANGING.has(tool) || typeof path !== 'string') return [];
  const isInside = workspace !== '' && path.startsWith(`${workspace}/`);
  return ownFiles([(isInside ? path.slice(workspace.length + 1) : path).replace(/^(?:\.\/)+/, '')]);
}

/** What Kino itself keeps beside the work is nobody's to meet in. */
function ownFiles(paths: readonly string[]): string[] {
  return paths.filter((path) => !path.startsWith('.kino/artifacts/'));
}

function withFiles(files: string[], more: readonly string[]): string[] {
  const latest = files.slice(-more.length);
  if (more.length === 0 || more.every((path, at) => latest[at] === path)) return files;
  return [...files.filter((one) => !more.includes(one)), ...more].slice(-MAX_FILES);
}
