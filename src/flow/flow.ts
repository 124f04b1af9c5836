import { MODES, type Mode } from '../agent/index.ts';
import type { FlowPlanned, PhaseDecided, StoredEvent } from '../thread/index.ts';
import { checkWorkflow, type Phase, type Policy, type Workflow } from './workflow.ts';

/** One time that a phase was begun afresh. */
export interface PhaseRun {
  run: number;
  thread: string;
  /** The last decision about it. */
  decided?: PhaseDecided & { at: number };
}

export interface PhaseState {
  phase: Phase;
  /** The first first; the last one counts. */
  runs: PhaseRun[];
}

/** A flow as its thread tells it. */
export interface Flow {
  id: string;
  title: string;
  request: string;
  workflow: Workflow;
  policy: Policy;
  /** The repository, and the worktree that the work is done in. */
  repository?: string;
  workspace?: string;
  /** The commit that it started from. */
  base?: string;
  /** Who works on it where nobody says another. */
  by?: { agent?: string; model?: string; mode?: Mode };
  phases: PhaseState[];
}

/** A thread that is no flow. */
export class NotAFlowError extends Error {
  override name = 'NotAFlowError';
  constructor(id: string) {
    super(`${id} is no flow; \`kino flow list\` shows them.`);
  }
}

/** Reads a flow from its events. @throws NotAFlowError @throws WorkflowError */
export function flowOf(id: string, events: readonly StoredEvent[]): Flow {
  const planned = events.find((event) => event.type === 'flow.planned');
  const started = events[0];
  if (!planned || started?.type !== 'thread.started') throw new NotAFlowError(id);
  const workflow = checkWorkflow(planned.workflow, `the flow ${id}`);
  const { repository, workspace, base, title } = started;
  const phases = workflow.phases.map((phase): PhaseState => ({ phase, runs: [] }));
  const byName = new Map(phases.map((state) => [state.phase.name, state]));
  for (const event of events) {
    if (event.type === 'phase.started') {
      const { run, thread } = event;
      byName.get(event.phase)?.runs.push({ run, thread });
    } else if (event.type === 'phase.decided') {
      const run = byName.get(event.phase)?.runs.find((one) => one.run === event.run);
      if (run) run.decided = event;
    }
  }
  return {
    ...{ id, title, request: planned.request, workflow, policy: planned.policy, phases },
    ...(planned.by && { by: byOf(planned.by) }),
    ...(repository !== undefined && { repository }),
    ...(workspace !== undefined && { workspace }),
    ...(base !== undefined && { base }),
  };
}

function byOf({ mode, ...by }: NonNullable<FlowPlanned['by']>): Flow['by'] {
  const known = MODES.find((one) => one === mode);
  return { ...by, ...(known && { mode: known }) };
}

/** The run of a phase that counts; undefined where there is none, or the last was thrown away. */
export function standingRun({ runs }: PhaseState): PhaseRun | undefined {
  const last = runs.at(-1);
  return last?.decided?.decision === 'discarded' ? undefined : last;
}

export function isApproved(state: PhaseState): boolean {
  return standingRun(state)?.decided?.decision === 'approved';
}

/** The phase that is to be worked on or decided on; undefined where all are approved. */
export function currentPhase({ phases }: Flow): PhaseState | undefined {
  return phases.find((state) => !isApproved(state));
}

/** Whether a person has to approve what a phase made. @param wantsReview what its author said, if anything */
export function needsPerson({ approve }: Phase, policy: Policy, wantsReview: boolean | undefined): boolean {
  if (approve === 'nobody' || policy === 'always-proceed') return false;
  if (approve === 'person' || policy === 'request-review') return true;
  return wantsReview !== false;
}
