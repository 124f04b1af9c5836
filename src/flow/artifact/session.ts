import { type Outcome, runSession, type SessionRun } from '../../agent/index.ts';
import type {
  ArtifactKind,
  ArtifactWritten,
  ThreadEvent,
  ThreadStore,
  TodoItem,
} from '../../thread/index.ts';
import { type Artifact, artifactsOf, latestOf } from './artifact.ts';
import { commentsText } from './comments-text.ts';
import { groupOf, keepAsFile, tickFile } from './files.ts';
import { artifactTools } from './tools.ts';

/** A session whose agent makes artifacts. */
export interface ArtifactSession extends Omit<SessionRun, 'tools'> {
  /** The kind of an artifact whose name is none; default a note. */
  kind?: ArtifactKind;
  /** A person decides on what it makes; default nobody need. */
  isReviewed?: boolean;
  /** The folder of its artifacts in the workspace; default one for the thread. */
  group?: string;
  /** Threads whose task lists this work goes through, besides its own. */
  lists?: readonly string[];
  /** The person is there and sees what comes of it. */
  isAttended?: boolean;
  /** Of the thread's events those that the prompt was made with; default all that there are. */
  seen?: number;
}

/**
 * Runs a session whose agent can make artifacts, and is told what the person says of them at its next step, whichever
 * process they say it in. It does not end before every comment has an answer.
 */
export async function runWithArtifacts(run: ArtifactSession): Promise<Outcome & { durationMs: number }> {
  const { store, thread, open, title, kind = 'note', isReviewed = false, signal } = run;
  const { group = groupOf(title, thread), lists = [] } = run;
  let todos: readonly TodoItem[] = [];
  // One after the other: what is ticked is the latest version, and the latest version is ticked.
  let writing: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = writing.then(work);
    writing = done.catch(() => {});
    return done;
  };
  const tickFiles = async (threads: readonly string[], items: readonly TodoItem[]) => {
    for (const one of threads) {
      const artifacts = artifactsOf(one, await store.read(one).catch(() => []));
      const types = typesOf(artifacts);
      for (const { versions } of artifacts) await tickFile(open.root, group, versions, types, items);
    }
  };
  const seen = run.seen ?? (await lastSeqOf(store, thread));
  const ended = new AbortController();
  // A thread that is not there yet cannot be listened to.
  let listening: Promise<void> | undefined;
  const begin = () => {
    if (listening) return;
    listening = listen(run, seen, AbortSignal.any([signal, ended.signal]));
    // What goes wrong with it is told when the work has ended.
    listening.catch(() => {});
  };
  // Whoever wrote it: the tools of the agent itself, or a browser that works for it.
  const kept = new Map<string, Promise<string | undefined>>();
  const keep = (written: ArtifactWritten) => {
    const key = `${written.artifact} ${written.version}`;
    const path =
      kept.get(key) ??
      inTurn(async () => {
        const found = await keepBeside(store, thread, open.root, group, written);
        if (todos.length > 0) await tickFiles([thread], todos);
        return found;
      });
    kept.set(key, path);
    return path;
  };
  try {
    const outcome = await runSession({
      ...run,
      onEvent: (event) => {
        begin();
        if (event.type === 'artifact.written') void keep(event);
        if (event.type === 'todo.updated') {
          todos = event.items;
          void inTurn(() => tickFiles([thread, ...lists], event.items));
        }
        run.onEvent(event);
      },
      tools: (record) =>
        artifactTools({ thread, kind, isReviewed, read: () => store.read(thread), keep }, record),
      missing: async () => (await run.missing?.()) ?? (await unanswered(store, thread)),
    });
    ended.abort();
    await listening;
    if (run.isAttended) await store.append(thread, [{ type: 'thread.seen' }]);
    return outcome;
  } finally {
    ended.abort();
    await writing;
  }
}

/** Keeps an artifact as a file of the workspace; links to others of its thread lead to theirs. Never throws. */
export async function keepBeside(
  store: ThreadStore,
  thread: string,
  root: string,
  group: string,
  written: ArtifactWritten,
): Promise<string | undefined> {
  const artifacts = artifactsOf(thread, await store.read(thread).catch(() => []));
  return keepAsFile(root, group, written, typesOf(artifacts));
}

function typesOf(artifacts: readonly Artifact[]): Map<string, string> {
  return new Map(artifacts.map((artifact) => [artifact.name, latestOf(artifact).mediaType]));
}

async function lastSeqOf(store: ThreadStore, thread: string): Promise<number> {
  return store.get(thread).then(
    ({ lastSeq }) => lastSeq,
    () => 0,
  );
}

/** What waits for an answer, as the agent is told it: it may never have heard of some. */
async function unanswered(store: ThreadStore, thread: string): Promise<string | undefined> {
  const events = await store.read(thread);
  const ids = artifactsOf(thread, events).flatMap(({ comments }) =>
    comments.filter(({ status, answers }) => status === 'open' && answers.length === 0).map(({ id }) => id),
  );
  return ids.length === 0 ? undefined : sentText(thread, events, ids);
}

/** Tells the agent what comes into its thread from elsewhere. */
async function listen(
  { store, thread, open: { session } }: ArtifactSession,
  seen: number,
  signal: AbortSignal,
): Promise<void> {
  for await (const event of store.subscribe(thread, seen + 1, signal)) {
    if (event.type !== 'comments.sent') continue;
    const text = sentText(thread, await store.read(thread), event.comments);
    if (text !== undefined) session.inbox.steer(text);
  }
}

/** What the agent is told of comments that were sent. */
export function sentText(
  thread: string,
  events: readonly ThreadEvent[],
  ids: readonly string[],
): string | undefined {
  const texts = artifactsOf(thread, events).flatMap((artifact) => {
    const sent = artifact.comments.filter(({ id }) => ids.includes(id));
    return sent.length === 0 ? [] : [commentsText(artifact, sent)];
  });
  return texts.length === 0 ? undefined : texts.join('\n\n');
}
