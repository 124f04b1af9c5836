import {
  type AgentBudget,
  type AgentChoice,
  type Mode,
  type OpenSession,
  type Outcome,
  openAgent,
  openSession,
  type Person,
} from '../agent/index.ts';
import type { ArtifactWritten, StoredEvent, ThreadEvent, ThreadStore } from '../thread/index.ts';
import { artifactsOf } from './artifact/artifact.ts';
import { groupOfFlow } from './artifact/files.ts';
import { keepBeside, runWithArtifacts } from './artifact/session.ts';
import { type Flow, standingRun } from './flow.ts';
import type { Phase } from './workflow.ts';

/** Who works on the phases of a flow, and who watches. */
export interface PhaseFace {
  choice: AgentChoice;
  /** Who works where neither `choice`, the flow nor the phase says it. */
  fallback?: AgentChoice;
  person?: Person;
  mode?: Mode;
  budget?: AgentBudget;
  /** Told of each event of the phase's thread after it has been written. */
  onEvent?(thread: string, event: ThreadEvent): void;
  /** Told what the person should know of the opening. */
  say?(text: string): void;
  /** Told in which session an agent works on a phase. @returns what is to be called when it does no more */
  onSession?(thread: string, open: OpenSession): () => void;
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
  const { mode: usual, agent: who, model: what } = flow.by ?? {};
  const by = { ...(who !== undefined && { agent: who }), ...(what !== undefined && { model: what }) };
  const mode = face.mode ?? usual;
  const open = await openSession({
    ...{ folder, thread, sandbox: phase.sandbox },
    ...(mode && { mode }),
    ...(face.person && { person: face.person }),
    ...(face.say && { say: face.say }),
  });
  const left = face.onSession?.(thread, open);
  try {
    for (const note of open.notes) face.say?.(note);
    const own = phase.model === undefined ? {} : { model: phase.model };
    const { agent, problems } = await openAgent({ ...face.fallback, ...by, ...own, ...face.choice }, open);
    for (const problem of problems) face.say?.(problem);
    const group = groupOfFlow(flow);
    const isWritten = async () => {
      const events = await store.read(thread);
      return artifactsOf(thread, events).some((artifact) => makes === undefined || artifact.name === makes);
    };
    return await runWithArtifacts({
      ...{ store, thread, agent, open, signal, seen, group, kind: makes ?? 'note', isReviewed: true },
      title: `${phase.name}: ${flow.title}`.slice(0, 120),
      parent: flow.id,
      lists: flow.phases.flatMap((state) =>
        phase.reads.includes(state.phase.name) ? (standingRun(state)?.thread ?? []) : [],
      ),
      ...(flow.base !== undefined && { base: flow.base }),
      ...(prompt !== undefined && { prompt }),
      ...(face.budget && { budget: face.budget }),
      onEvent: (event) => face.onEvent?.(thread, event),
      missing: async () =>
        makes !== undefined && !(await isWritten())
          ? `You have not written the artifact "${makes}". Write it with write_artifact before you end.`
          : undefined,
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
        await keepBeside(store, thread, open.root, group, written);
        return [written];
      },
    });
  } finally {
    left?.();
    await open.dispose();
  }
}

export async function readIfAny(store: ThreadStore, thread: string): Promise<StoredEvent[]> {
  return store.read(thread).catch((error: Error) => {
    if (error.name === 'ThreadNotFoundError') return [];
    throw error;
  });
}
