import {
  type AgentBudget,
  type AgentChoice,
  type Mode,
  type OpenSession,
  type Outcome,
  openAgent,
  openSession,
  type Person,
  runSession,
} from '../agent/index.ts';
import type { ArtifactWritten, StoredEvent, ThreadEvent, ThreadStore } from '../thread/index.ts';
import { artifactsOf } from './artifact/artifact.ts';
import { commentsText } from './artifact/comments-text.ts';
import { groupOf, keepAsFile } from './artifact/files.ts';
import { artifactTools } from './artifact/tools.ts';
import type { Flow } from './flow.ts';
import type { Phase } from './workflow.ts';

/** Who works on the phases of a flow, and who watches. */
export interface PhaseFace {
  choice: AgentChoice;
  person?: Person;
  mode?: Mode;
  budget?: AgentBudget;
  /** Told of each event of the phase's thread after it has been written. */
  onEvent?(thread: string, event: ThreadEvent): void;
  /** Told what the person should know of the opening. */
  say?(text: string): void;
}

export interface PhaseWork {
  store: ThreadStore;
  flow: Flow;
  phase: Phase;
  thread: string;
  /** Of the thread's events those that the prompt was made with. */
  seen: number;
  /** Absent where work that was cut off goes on. */
  prompt?: string;
  signal: AbortSignal;
}

/** An answer of so many characters can stand for an artifact that was not written with the tool. */
const MIN_ANSWER = 80;

/**
 * Lets an agent work on a phase in a thread of its own. What the person says of its artifacts meanwhile, whichever
 * process they say it in, reaches it at its next step.
 */
export async function workOnPhase(work: PhaseWork, face: PhaseFace): Promise<Outcome> {
  const { store, flow, phase, thread, seen, prompt, signal } = work;
  const folder = flow.workspace ?? flow.repository;
  if (folder === undefined) throw new Error(`The flow ${flow.id} has no workspace.`);
  const makes = phase.makes;
  const open = await openSession({
    ...{ folder, thread, sandbox: phase.sandbox },
    ...(face.mode && { mode: face.mode }),
    ...(face.person && { person: face.person }),
    ...(face.say && { say: face.say }),
  });
  const ended = new AbortController();
  try {
    for (const note of open.notes) face.say?.(note);
    const model = face.choice.model ?? phase.model;
    const { agent, problems } = await openAgent(
      { ...face.choice, ...(model !== undefined && { model }) },
      open,
    );
    for (const problem of problems) face.say?.(problem);
    // A thread that is not there yet cannot be listened to.
    let listening: Promise<void> | undefined;
    const begin = () => {
      if (listening) return;
      listening = listen(store, thread, seen, open, AbortSignal.any([signal, ended.signal]));
      // What goes wrong with it is told when the work has ended.
      listening.catch(() => {});
    };
    const group = groupOf(flow.title, flow.id);
    const isWritten = async () => {
      const events = await store.read(thread);
      return artifactsOf(thread, events).some((artifact) => makes === undefined || artifact.name === makes);
    };
    const outcome = await runSession({
      ...{ store, thread, agent, open, signal },
      title: `${phase.name}: ${flow.title}`.slice(0, 120),
      parent: flow.id,
      ...(flow.base !== undefined && { base: flow.base }),
      ...(prompt !== undefined && { prompt }),
      ...(face.budget && { budget: face.budget }),
      onEvent: (event) => {
        begin();
        face.onEvent?.(thread, event);
      },
      tools: (record) =>
        artifactTools(
          {
            ...{ thread, kind: makes ?? 'note' },
            read: () => store.read(thread),
            keep: (written) => keepAsFile(open.root, group, written),
          },
          record,
        ),
      missing: async () => {
        if (makes !== undefined && !(await isWritten()))
          return `You have not written the artifact "${makes}". Write it with write_artifact before you end.`;
        const unanswered = artifactsOf(thread, await store.read(thread)).flatMap(({ comments }) =>
          comments.filter(({ status, answers }) => status === 'open' && answers.length === 0),
        );
        return unanswered.length === 0
          ? undefined
          : `Comments wait for an answer: ${unanswered.map(({ id }) => id).join(', ')}. Answer each with answer_comment.`;
      },
      // Agents of others have no such tool: what they answer is what they have made.
      beforeEnd: async ({ status, answer }) => {
        if (
          makes === undefined ||
          status !== 'done' ||
          answer.trim().length < MIN_ANSWER ||
          (await isWritten())
        )
          return [];
        const written: ArtifactWritten = {
          type: 'artifact.written',
          ...{ artifact: makes, kind: makes, title: phase.name, version: 1 },
          ...{ mediaType: 'text/markdown', text: answer, bytes: Buffer.byteLength(answer) },
        };
        await keepAsFile(open.root, group, written);
        return [written];
      },
    });
    ended.abort();
    await listening;
    return outcome;
  } finally {
    ended.abort();
    await open.dispose();
  }
}

/** Tells the agent what comes into its thread from elsewhere. */
async function listen(
  store: ThreadStore,
  thread: string,
  seen: number,
  { session }: OpenSession,
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

export async function readIfAny(store: ThreadStore, thread: string): Promise<StoredEvent[]> {
  return store.read(thread).catch((error: Error) => {
    if (error.name === 'ThreadNotFoundError') return [];
    throw error;
  });
}
