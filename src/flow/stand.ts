import { isAtWork, type StoredEvent, type ThreadStore } from '../thread/index.ts';
import { type Artifact, artifactsOf } from './artifact/artifact.ts';
import { currentPhase, type Flow, flowOf, type PhaseState, standingRun } from './flow.ts';
import { readIfAny } from './phase.ts';

/** Where a flow stands. */
export interface FlowStand {
  flow: Flow;
  /**
   * `waiting` when the current phase is not begun, `working` when somebody works on it, `stopped` when that was cut off
   * or failed, `needs-you` when it is to be decided on, `done` when all phases are approved.
   */
  state: 'waiting' | 'working' | 'stopped' | 'needs-you' | 'done';
  /** The phase that it stands at; undefined where all are done. */
  current?: PhaseState;
  /** How the work on it ended, where it has. */
  ended?: { status: string; reason: string };
  /** What the current phase has made. */
  artifacts: Artifact[];
  /** The number of the last event of the flow's thread. */
  lastSeq: number;
}

/**
 * Reads where a flow stands.
 *
 * @param isClaimed who asks works on it
 *  @throws NotAFlowError @throws ThreadNotFoundError @throws WorkflowError
 */
export async function standOf(
  store: ThreadStore,
  id: string,
  { isClaimed = false }: { isClaimed?: boolean } = {},
): Promise<FlowStand> {
  const own = await store.read(id);
  const flow = flowOf(id, own);
  const lastSeq = own.at(-1)!.seq;
  const current = currentPhase(flow);
  if (!current) return { flow, state: 'done', artifacts: [], lastSeq };
  const run = standingRun(current);
  const claim = own.findLast(({ type }) => type === 'thread.resumed' || type === 'thread.ended');
  // Between two phases, and before the thread of one is there, nobody else can tell that it is worked on.
  const isBusy = !isClaimed && claim?.type === 'thread.resumed' && isWorkedOn(id, claim);
  if (!run) return { flow, current, state: isBusy ? 'working' : 'waiting', artifacts: [], lastSeq };
  const events = await readIfAny(store, run.thread);
  const artifacts = artifactsOf(run.thread, events);
  const about = { flow, current, artifacts, lastSeq };
  if (isBusy) return { ...about, state: 'working' };
  const last = events.findLast(({ type }) => /^thread\.(?:started|resumed|ended)$/.test(type));
  if (last?.type === 'thread.ended') {
    const { status, reason } = last;
    const isSentBack = run.decided?.decision === 'sent-back' && run.decided.at >= last.at;
    return {
      ...about,
      state: status === 'done' && !isSentBack ? 'needs-you' : 'stopped',
      ended: { status, reason },
    };
  }
  return { ...about, state: isWorkedOn(run.thread, last) ? 'working' : 'stopped' };
}

/** Whether the process that began or resumed a thread is still there; of other machines it is taken to be. */
function isWorkedOn(id: string, event: StoredEvent | undefined): boolean {
  if (event?.type !== 'thread.started' && event?.type !== 'thread.resumed') return false;
  return isAtWork({ ...event, id });
}
